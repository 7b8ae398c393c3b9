import { writeFile } from 'node:fs/promises';
import {
  CheckpointFileInvalidError,
  CheckpointFileMissingError,
  TensorMismatchError,
  TensorMissingError,
  UnsupportedArchitectureError,
} from '@tessera/converter';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { NATIVE_QWEN3, Refusals } from './refusals.js';

let refusals: Refusals;
beforeAll(async () => {
  refusals = await Refusals.prepare();
});
afterAll(() => refusals.remove());

describe('a config.json', () => {
  it('that is missing is asked for', async () => {
    const checkpoint = await refusals.checkpoint();
    await checkpoint.remove('config.json');
    const mentions = [
      checkpoint.file('config.json'),
      'is missing',
      'give the folder that a HuggingFace repository was downloaded to',
    ];
    await refusals.expect(checkpoint.directory, CheckpointFileMissingError, mentions);
  });

  it.each([
    ['', 'is not JSON'],
    ['{"model_type":', 'is not JSON'],
    ['\u0000\u0001', 'is not JSON'],
    ['['.repeat(100_000), 'is not JSON'],
    ['null', 'its content is null'],
    ['[1]', 'its content is a list of 1'],
    ['{}', 'model_type is absent'],
    ['{"model_type":"internvl_chat"}', 'vision_config is absent'],
    ['{"model_type":["internvl"]}', 'model_type is a list of 1'],
  ])('that holds %.20j is refused with what is wrong', async (text, mention) => {
    const checkpoint = await refusals.checkpoint();
    await writeFile(checkpoint.file('config.json'), text);
    const mentions = [checkpoint.file('config.json'), mention];
    await refusals.expect(checkpoint.directory, CheckpointFileInvalidError, mentions);
  });

  it.each([
    ['llm_config', null],
    ['llm_config', 'phi3'],
    ['vision_config', []],
    ['llm_config.hidden_size', undefined],
    ['llm_config.hidden_size', null],
    ['llm_config.hidden_size', '128'],
    ['llm_config.hidden_size', 127.5],
    ['llm_config.hidden_size', 1e300],
    ['llm_config.num_attention_heads', 0],
    ['llm_config.num_key_value_heads', -4],
    ['llm_config.num_hidden_layers', -3],
    ['llm_config.num_hidden_layers', 0],
    ['llm_config.num_hidden_layers', 1e9],
    ['llm_config.intermediate_size', 0],
    ['llm_config.head_dim', 0],
    ['llm_config.rms_norm_eps', 0],
    ['llm_config.rms_norm_eps', -1e-6],
    ['llm_config.rope_theta', 0],
    ['llm_config.max_position_embeddings', 1e12],
    ['llm_config.original_max_position_embeddings', 1],
    ['llm_config.rope_scaling.long_factor', 'long'],
    ['llm_config.tie_word_embeddings', 'no'],
    ['vision_config.num_hidden_layers', 1e9],
    ['vision_config.num_attention_heads', 0],
    ['vision_config.image_size', -448],
    ['vision_config.patch_size', 0],
    ['vision_config.layer_norm_eps', null],
    ['max_dynamic_patch', 1e9],
    ['min_dynamic_patch', 0],
    ['template', 3],
    ['system_message', ['be', 'kind']],
  ])('whose %s is %j is refused by that setting and the value', async (setting, value) => {
    const checkpoint = await refusals.checkpoint();
    await checkpoint.setConfig(setting, value);
    const name = new RegExp(`: (?:\\S+ is [^;]+; )*${setting}\\S* is \\S`);
    const mentions = [checkpoint.file('config.json'), name, 'from the same download as the weights'];
    await refusals.expect(checkpoint.directory, CheckpointFileInvalidError, mentions);
  });

  it.each([
    ['vision_config.num_attention_heads', 3, 'vision_config.num_attention_heads is 3, which does not divide'],
    ['llm_config.num_key_value_heads', 3, 'num_key_value_heads is 3, which does not divide'],
    ['select_layer', -9, 'the selected layer is -9, the vision encoder has 3'],
    ['select_layer', 4, 'the selected layer is 4, the vision encoder has 3'],
    ['min_dynamic_patch', 7, 'the fewest tiles of an image are 7, the most 6'],
  ])('whose %s of %d does not go with the rest is refused', async (setting, value, mention) => {
    const checkpoint = await refusals.checkpoint();
    await checkpoint.setConfig(setting, value);
    const mentions = [checkpoint.file('config.json'), mention];
    await refusals.expect(checkpoint.directory, CheckpointFileInvalidError, mentions);
  });

  it.each([
    ['llm_config.num_attention_heads', 3],
    ['llm_config.head_dim', 33],
    ['llm_config.head_dim', 2 ** 20],
    ['llm_config.rope_scaling.short_factor', [1]],
    ['vision_config.image_size', 57],
    ['force_image_size', 112],
    ['vision_config.patch_size', 5],
  ])('whose %s is %j makes no model that there is, and is refused', async (setting, value) => {
    const checkpoint = await refusals.checkpoint();
    if (setting === 'llm_config.num_attention_heads') {
      await checkpoint.setConfig('llm_config.num_key_value_heads', value);
    }
    await checkpoint.setConfig(setting, value);
    await refusals.expect(checkpoint.directory, UnsupportedArchitectureError, ['in config.json is']);
  });

  it.each([
    ['llm_config.hidden_size', 256, TensorMismatchError],
    ['llm_config.intermediate_size', 1024, TensorMismatchError],
    ['llm_config.num_hidden_layers', 1000, TensorMissingError],
    ['vision_config.num_hidden_layers', 1000, TensorMissingError],
  ])(
    'whose %s of %d does not go with the weights is refused by a tensor',
    async (setting, value, errorClass) => {
      const checkpoint = await refusals.checkpoint();
      await checkpoint.setConfig(setting, value);
      await refusals.expect(checkpoint.directory, errorClass, [
        checkpoint.directory,
        /tensor \S+/,
        'one download',
      ]);
    },
  );
});

describe('the preprocessor of a native checkpoint', () => {
  it.each([
    ['image_std', [0, 0, 0]],
    ['image_mean', [0.5]],
    ['max_patches', 1e9],
  ])('whose %s is %j is refused by its own file', async (setting, value) => {
    const checkpoint = await refusals.checkpoint(NATIVE_QWEN3);
    await writeFile(checkpoint.file('preprocessor_config.json'), JSON.stringify({ [setting]: value }));
    const mentions = [checkpoint.file('preprocessor_config.json'), setting];
    await refusals.expect(checkpoint.directory, CheckpointFileInvalidError, mentions);
  });
});
