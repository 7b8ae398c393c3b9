import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXAMPLES, runCli, TINY_MODEL } from './run-cli.js';

let home: TemporaryDirectory;
let converted: string;

beforeAll(async () => {
  home = await temporaryDirectory();
  converted = join(home.path, 'models', 'tiny');
});
afterAll(() => home.remove());

const model = (...words: string[]) => runCli(['model', ...words]);

describe('tessera model convert', () => {
  it('makes a folder that answers, and says what it made', async () => {
    const { exitCode, stdout } = await model('convert', TINY_MODEL, '-o', converted, '--precision', 'fp32');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/models\/tiny: tessera-tiny, fp32, revision [0-9a-f]{12}, 11\.\d MB\n$/);
    const answer = await runCli(['ask', join(EXAMPLES, '0082.png'), '-q', 'What number is in the picture?'], {
      environment: { TESSERA_MODEL: converted },
    });
    expect(answer.stdout).toBe('13.\n');
  });

  it('replaces a converted model only with --force', async () => {
    const marker = join(converted, 'marker');
    await writeFile(marker, '');
    const refused = await model('convert', TINY_MODEL, '-o', converted);
    expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
    expect(refused.stderr).toContain(`${converted} exists and is not empty`);
    expect(await readdir(converted)).toContain('marker');
    expect((await model('convert', TINY_MODEL, '-o', converted, '--force')).exitCode).toBe(0);
    expect(await readdir(converted)).not.toContain('marker');
  });

  it('never replaces a folder that holds something else', async () => {
    const foreign = join(home.path, 'foreign');
    await mkdir(foreign);
    await writeFile(join(foreign, 'thesis.txt'), 'years of work');
    const { exitCode, stderr } = await model('convert', TINY_MODEL, '-o', foreign, '--force');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('is not a converted model');
    expect(await readFile(join(foreign, 'thesis.txt'), 'utf8')).toBe('years of work');
  });

  it('never replaces a file', async () => {
    const file = join(home.path, 'notes.txt');
    await writeFile(file, 'years of work');
    const { exitCode, stderr } = await model('convert', TINY_MODEL, '-o', file);
    expect(exitCode).toBe(1);
    expect(stderr).toBe(
      `tessera: ${file} exists and is not a converted model; choose another output directory or remove it\n`,
    );
    expect(await readFile(file, 'utf8')).toBe('years of work');
  });

  it('says of a converted model that it is one', async () => {
    const { exitCode, stderr } = await model('convert', converted, '-o', join(home.path, 'again'));
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`${converted} is no checkpoint: it is a converted model`);
  });

  it.each([
    [
      'a precision that it does not write',
      ['--precision', 'int5'],
      "argument 'int5' is invalid. Allowed choices are",
    ],
    ['a block size that is no number', ['--precision', 'int8', '--block-size', 'wide'], "'wide' is invalid"],
    ['a block size beyond the limit', ['--precision', 'int8', '--block-size', '512'], "'512' is invalid"],
    ['an accuracy level that there is not', ['--accuracy-level', '3'], 'It must be 0, 1 or 4'],
    [
      'activations of a format that weights alone have',
      ['--activations', 'int8'],
      'Allowed choices are fp32, fp16',
    ],
    ['a block size that is no power of two', ['--precision', 'int4', '--block-size', '48'], 'a power of two'],
    [
      'formats that do not go together',
      ['--precision', 'fp16', '--activations', 'fp32'],
      'precision is fp16',
    ],
    [
      'a block size without blocks',
      ['--precision', 'fp32', '--block-size', '64'],
      'block size is 64; it must be left out',
    ],
    [
      'an accuracy level without blocks',
      ['--accuracy-level', '1'],
      'accuracy level is 1; it must be left out',
    ],
    [
      'prompts in 8 bits beside numbers in fp16',
      ['--precision', 'fp16', '--prefill', 'int8'],
      'prefill is int8; it must be same where activations are fp16',
    ],
    ['an option that it does not know', ['--quantise'], "unknown option '--quantise'"],
    ['a second checkpoint', ['another'], 'too many arguments'],
  ])('takes %s for misuse', async (_, words, message) => {
    const output = join(home.path, 'misused', 'out');
    const result = await model('convert', TINY_MODEL, '-o', output, ...words);
    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toContain(message);
    expect(await readdir(join(home.path, 'misused')).catch(() => 'nothing')).toBe('nothing');
  });

  it.each<[string, (folder: string) => Promise<unknown>, string]>([
    ['a folder that is no checkpoint', (folder) => rm(join(folder, 'config.json')), 'config.json is missing'],
    ['a folder that is missing', (folder) => rm(folder, { recursive: true }), 'does not exist'],
    ['a file', (folder) => rm(folder, { recursive: true }).then(() => writeFile(folder, '')), 'it is a file'],
    [
      'a file that was cut',
      (folder) => truncate(join(folder, 'model.safetensors'), 1e6),
      'ends before tensor',
    ],
    ['a missing tokenizer', (folder) => rm(join(folder, 'tokenizer.model')), 'no tokenizer in'],
    [
      'pickled weights',
      (folder) => rename(join(folder, 'model.safetensors'), join(folder, 'pytorch_model.bin')),
      'weights are read from safetensors only, and here is pytorch_model.bin',
    ],
    [
      'a configuration with several faults',
      (folder) =>
        writeFile(join(folder, 'config.json'), '{"model_type":"internvl_chat","template":3,"ps_version":4}'),
      'template is 3 (',
    ],
  ])('refuses %s in one line and leaves nothing behind', async (_, damage, message) => {
    const source = await mkdtemp(join(home.path, 'checkpoint-'));
    await cp(TINY_MODEL, source, { recursive: true });
    await damage(source);
    const output = join(home.path, 'refused', 'out');
    const result = await model('convert', source, '-o', output, '--precision', 'int8');
    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toMatch(/^tessera: .+\n$/);
    expect(result.stderr).toContain(source);
    expect(result.stderr).toContain(message);
    expect(await readdir(join(home.path, 'refused')).catch(() => 'nothing')).toBe('nothing');
  });
});

describe('tessera model inspect', () => {
  it('tells what a checkpoint is', async () => {
    const { stdout } = await model('inspect', TINY_MODEL, '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'checkpoint',
      id: 'tessera-tiny',
      revision: null,
      vision_encoder: 'InternViT, 4 layers of 112',
      language_model: 'Phi3ForCausalLM, 5 layers of 160',
      parameters: 2_605_168,
      precision: 'bf16',
      tiles: { size_pixels: 112, min: 1, max: 6, use_thumbnail: true, tokens_per_tile: 16 },
      chat_template: { name: 'phi3-chat' },
      context_tokens: 4096,
      unsupported: null,
    });
  });

  it('tells the same of its conversion, with precision, revision and files', async () => {
    const { stdout } = await model('inspect', converted, '--json');
    const description = JSON.parse(stdout) as { files: { name: string }[] };
    expect(description).toMatchObject({
      kind: 'converted',
      id: 'tessera-tiny',
      parameters: 2_605_168,
      language_model: 'Phi3ForCausalLM, 5 layers of 160',
      tiles: { size_pixels: 112, min: 1, max: 6, use_thumbnail: true, tokens_per_tile: 16 },
      precision: 'fp32',
      revision: expect.stringMatching(/^[0-9a-f]{12}$/) as string,
    });
    expect(description.files.map(({ name }) => name)).toContain('decoder.onnx.data');
  });

  it('prints a table for people', async () => {
    const { stdout } = await model('inspect', TINY_MODEL);
    expect(stdout).toContain('parameters      2,605,168\n');
    expect(stdout).toContain('tiles           1 to 6 of 112 x 112 pixels and a thumbnail, 16 tokens each\n');
  });

  it('tells in which formats the parts are, those of prompts too', async () => {
    const folder = join(home.path, 'prefill');
    await model('convert', TINY_MODEL, '-o', folder, '--precision', 'int4', '--prefill', 'int8');
    const { stdout } = await model('inspect', folder);
    expect(stdout).toMatch(/language model +int4, blocks of 32, accuracy level 4\n/);
    expect(stdout).toMatch(/its prompts +int8, inputs in 8 bits row by row\n/);
    expect(stdout).toContain('prefill.onnx.data (');
    const answer = await runCli(['ask', join(EXAMPLES, '0082.png'), '-q', 'What number is in the picture?'], {
      environment: { TESSERA_MODEL: folder },
    });
    expect(answer.stdout).toBe('13.\n');
  });

  it('says of a checkpoint that cannot be converted why', async () => {
    const folder = join(home.path, 'internlm');
    await mkdir(folder);
    const config = (await readFile(join(TINY_MODEL, 'config.json'), 'utf8')).replace(
      'Phi3ForCausalLM',
      'NewForCausalLM',
    );
    await writeFile(join(folder, 'config.json'), config);
    await writeFile(join(folder, 'model.safetensors'), await readFile(join(TINY_MODEL, 'model.safetensors')));
    const { stdout } = await model('inspect', folder);
    expect(stdout).toMatch(
      /not convertible\s+language model in config\.json is NewForCausalLM; supported: Phi3ForCausalLM/,
    );
  });

  it('refuses a model that another version converted', async () => {
    const folder = join(home.path, 'older');
    await mkdir(folder);
    await writeFile(join(folder, 'tessera.json'), '{"format_version":1}');
    const { exitCode, stderr } = await model('inspect', folder);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/its format is 1, this version reads \d+; convert the checkpoint again/);
  });

  it('refuses a folder that is no model', async () => {
    const { exitCode, stderr } = await model('inspect', EXAMPLES);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('is no model');
  });

  it('says of a folder that is missing that it is missing', async () => {
    const { exitCode, stderr } = await model('inspect', join(home.path, 'nowhere'));
    expect(exitCode).toBe(1);
    expect(stderr).toContain('nowhere is no checkpoint: it does not exist');
  });
});
