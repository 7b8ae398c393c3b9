import { readFile, writeFile } from 'node:fs/promises';
import { UnknownTemplateError } from '@tessera/chat-template';
import {
  CheckpointDirectoryError,
  CheckpointFileMissingError,
  UnexpectedTensorsError,
  UnsupportedArchitectureError,
} from '@tessera/converter';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type CheckpointEditor, type StoredTensor } from './checkpoint-editor.js';
import { NATIVE_QWEN3, QWEN3, Refusals } from './refusals.js';

const FILE = 'model.safetensors';

let refusals: Refusals;
beforeAll(async () => {
  refusals = await Refusals.prepare();
});
afterAll(() => refusals.remove());

function zeros(name: string, shape: number[]): StoredTensor {
  return {
    name,
    dtype: 'BF16',
    shape,
    bytes: new Uint8Array(2 * shape.reduce((all, size) => all * size, 1)),
  };
}

/** The language model as PEFT stores it: every name inside two modules of its own, and two low-rank parts a layer. */
function wrapInLora(tensors: readonly StoredTensor[]): StoredTensor[] {
  return tensors.flatMap((tensor) => {
    const name = tensor.name.replace(/^language_model\./, 'language_model.base_model.model.');
    if (!/_proj\.weight$/.test(name) || name === tensor.name) return [{ ...tensor, name }];
    const layer = name.replace(/\.weight$/, '');
    const [outputs = 0, inputs = 0] = tensor.shape;
    return [
      { ...tensor, name: `${layer}.base_layer.weight` },
      zeros(`${layer}.lora_A.default.weight`, [4, inputs]),
      zeros(`${layer}.lora_B.default.weight`, [outputs, 4]),
    ];
  });
}

describe('a LoRA', () => {
  it('that is not merged is refused with the tool that merges it, whatever the configuration says', async () => {
    const checkpoint = await refusals.checkpoint();
    await checkpoint.editTensors(wrapInLora);
    const mentions = [checkpoint.file(FILE), /language_model\.base_model\.model\.\S+/, 'merge_lora.py'];
    await refusals.expect(checkpoint.directory, UnexpectedTensorsError, mentions);
    await checkpoint.setConfig('use_llm_lora', 16);
    await refusals.expect(checkpoint.directory, UnexpectedTensorsError, mentions);
  });

  it.each(['use_llm_lora', 'use_backbone_lora'])('that only %s tells of is refused', async (setting) => {
    const checkpoint = await refusals.checkpoint();
    await checkpoint.setConfig(setting, 16);
    const mentions = [`${setting} in config.json is 16`, 'merge_lora.py'];
    await refusals.expect(checkpoint.directory, UnsupportedArchitectureError, mentions);
  });

  it('without its base model is refused', async () => {
    const checkpoint = await refusals.checkpoint();
    await checkpoint.remove('config.json', FILE);
    await writeFile(checkpoint.file('adapter_config.json'), '{}');
    await writeFile(checkpoint.file('adapter_model.safetensors'), '');
    const mentions = [checkpoint.directory, 'adapter_config.json', 'merge it into its base model'];
    await refusals.expect(checkpoint.directory, CheckpointDirectoryError, mentions);
  });
});

describe('a model that is not of the card', () => {
  it('a mixture of experts is refused by its tensors, and by its class', async () => {
    const checkpoint = await refusals.checkpoint(QWEN3);
    await checkpoint.setConfig('llm_config.architectures', ['Qwen3MoeForCausalLM']);
    const mentions = ['in config.json is Qwen3MoeForCausalLM', 'Qwen3ForCausalLM'];
    await refusals.expect(checkpoint.directory, UnsupportedArchitectureError, mentions);
    await checkpoint.addTensor('language_model.model.layers.0.mlp.experts.0.gate_proj.weight');
    await checkpoint.addTensor('language_model.model.layers.0.mlp.gate.weight');
    const parts = [checkpoint.file(FILE), 'layers.0.mlp.experts.0.gate_proj.weight', 'convert a dense model'];
    await refusals.expect(checkpoint.directory, UnexpectedTensorsError, parts);
  });

  it.each([
    [QWEN3, ['pooling_before_gating.attn1.in_proj_weight', 'gating.block1.0.weight', 'mlp2.4.bias']],
    [NATIVE_QWEN3, ['model.gating.gate_proj.weight', 'model.mlp2.dense1.weight']],
  ])('a Flash model is refused in the layout of %s', async (golden, names) => {
    const checkpoint = await refusals.checkpoint(golden);
    await checkpoint.editTensors((tensors) => [...tensors, ...names.map((name) => zeros(name, [2, 2]))]);
    const mentions = [checkpoint.file(FILE), names[0] as string, 'without Flash'];
    await refusals.expect(checkpoint.directory, UnexpectedTensorsError, mentions);
  });

  it('a quantised checkpoint is refused by its tensors, and by its configuration', async () => {
    const checkpoint = await refusals.checkpoint();
    await checkpoint.editTensors((tensors) =>
      tensors.map((tensor) => ({ ...tensor, name: tensor.name.replace(/_proj\.weight$/, '_proj.qweight') })),
    );
    const mentions = [checkpoint.file(FILE), /_proj\.qweight/, '--precision int8 or int4'];
    await refusals.expect(checkpoint.directory, UnexpectedTensorsError, mentions);
    await checkpoint.setConfig('quantization_config', { quant_method: 'awq', bits: 4 });
    const settings = ['quantization_config in config.json is awq', '--precision int8 or int4'];
    await refusals.expect(checkpoint.directory, UnsupportedArchitectureError, settings);
  });

  it('one with a module that nothing here knows is refused by its tensors', async () => {
    const checkpoint = await refusals.checkpoint();
    await checkpoint.addTensor('audio_tower.conv1.weight');
    const mentions = [checkpoint.file(FILE), 'audio_tower.conv1.weight', 'another architecture'];
    await refusals.expect(checkpoint.directory, UnexpectedTensorsError, mentions);
  });

  it.each<[string, unknown, (string | RegExp)[]]>([
    [
      'model_type',
      'internvl_flash',
      ['model_type in config.json is internvl_flash', 'internvl_chat, internvl'],
    ],
    ['model_type', 'qwen2_5_vl', ['model_type in config.json is qwen2_5_vl']],
    ['llm_config.architectures', ['GptOssForCausalLM'], ['GptOssForCausalLM', 'Phi3ForCausalLM']],
    ['llm_config.architectures', [], ['is none', 'Phi3ForCausalLM']],
    ['llm_config.architectures', ['__proto__'], ['is __proto__']],
    ['llm_config.hidden_act', 'relu', ['hidden_act in config.json is relu', 'silu']],
    [
      'llm_config.partial_rotary_factor',
      0.75,
      ['partial_rotary_factor in config.json is 0.75', 'supported: 1'],
    ],
    [
      'llm_config.rope_parameters',
      { rope_theta: 1e4, rope_type: 'default', partial_rotary_factor: 0.5 },
      ['partial_rotary_factor in config.json is 0.5'],
    ],
    [
      'llm_config.rope_scaling',
      { type: 'yarn', factor: 4 },
      ['rope_scaling in config.json is yarn', 'longrope'],
    ],
    ['llm_config.sliding_window', 2047, ['sliding_window in config.json is 2047', 'none within the context']],
    ['vision_config.norm_type', 'batch_norm', ['vision_config.norm_type in config.json is batch_norm']],
    ['downsample_ratio', 0.25, ['downsample_ratio in config.json is 0.25', '0.5']],
    ['pad2square', true, ['pad2square in config.json is true', 'false']],
    ['template', null, ['template in config.json is absent']],
  ])('one whose %s is %j is refused by that setting', async (setting, value, mentions) => {
    const checkpoint = await refusals.checkpoint();
    await checkpoint.setConfig(setting, value);
    await refusals.expect(checkpoint.directory, UnsupportedArchitectureError, mentions);
  });

  it.each(['moe', 'constructor'])(
    'one whose native text model is %s is refused by its type',
    async (type) => {
      const checkpoint = await refusals.checkpoint(NATIVE_QWEN3);
      await checkpoint.setConfig('text_config.model_type', type);
      const mentions = [`in config.json is ${type}`, 'Qwen3ForCausalLM'];
      await refusals.expect(checkpoint.directory, UnsupportedArchitectureError, mentions);
    },
  );

  it('one with an unknown chat template is refused by its name', async () => {
    const checkpoint = await refusals.checkpoint();
    await checkpoint.setConfig('template', 'vicuna\n_v1.1');
    const mentions = ['chat template "vicuna\\n_v1.1" is not known', 'phi3-chat'];
    await refusals.expect(checkpoint.directory, UnknownTemplateError, mentions);
  });
});

describe('weights in another format', () => {
  it.each<[string, (checkpoint: CheckpointEditor) => Promise<void>, string]>([
    [
      'pickles',
      (checkpoint) => writeFile(checkpoint.file('pytorch_model-00001-of-00002.bin'), ''),
      'here is pytorch_model-00001-of-00002.bin; load it in Python and save it again with save_pretrained',
    ],
    ['nothing', async () => {}, 'has no weights; download the whole repository'],
    [
      'shards without their index',
      (checkpoint) => writeFile(checkpoint.file('model-00001-of-00002.safetensors'), ''),
      'such as model-00001-of-00002.safetensors, but no model.safetensors.index.json',
    ],
  ])('(%s) are refused with what to do', async (_, edit, mention) => {
    const checkpoint = await refusals.checkpoint();
    await checkpoint.remove(FILE);
    await edit(checkpoint);
    await refusals.expect(checkpoint.directory, CheckpointFileMissingError, [checkpoint.file(FILE), mention]);
  });

  it('beside safetensors do not matter', async () => {
    const checkpoint = await refusals.checkpoint();
    await writeFile(checkpoint.file('pytorch_model.bin'), await readFile(checkpoint.file('config.json')));
    await refusals.expectSuccess(checkpoint.directory);
  });
});
