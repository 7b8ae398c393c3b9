import { readFile, truncate, writeFile } from 'node:fs/promises';
import {
  CheckpointFileInvalidError,
  CheckpointFileMissingError,
  DuplicateTensorError,
  TensorMismatchError,
  TensorMissingError,
  TensorNotFiniteError,
  TensorNotInShardError,
  TensorTypeError,
} from '@tessera/converter';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CheckpointEditor, type Header, readTensors } from './checkpoint-editor.js';
import { hashFiles, Refusals } from './refusals.js';

const DOWN = 'language_model.model.layers.1.mlp.down_proj.weight';
const NORM = 'language_model.model.norm.weight';
const FILE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

let refusals: Refusals;
beforeAll(async () => {
  refusals = await Refusals.prepare();
});
afterAll(() => refusals.remove());

/** Cuts the last bytes off a file. */
async function shorten(checkpoint: CheckpointEditor, bytes: number): Promise<void> {
  const { length } = await readFile(checkpoint.file(FILE));
  await truncate(checkpoint.file(FILE), length - bytes);
}

async function setLength(checkpoint: CheckpointEditor, length: bigint): Promise<void> {
  const bytes = await readFile(checkpoint.file(FILE));
  bytes.writeBigUInt64LE(length);
  await writeFile(checkpoint.file(FILE), bytes);
}

const entryOf = (header: Header, name: string): Header[string] => header[name] as Header[string];

describe('a damaged file of weights', () => {
  it.each<[string, (checkpoint: CheckpointEditor) => Promise<void>, string | RegExp]>([
    ['is empty', (checkpoint) => truncate(checkpoint.file(FILE)), 'ends after 0 bytes'],
    [
      'ends in its header',
      (checkpoint) => truncate(checkpoint.file(FILE), 100),
      /claims \d+ bytes of a 100-byte/,
    ],
    ['ends in its last tensor', (checkpoint) => shorten(checkpoint, 1), /ends before tensor \S+ does/],
    [
      'claims a header longer than itself',
      (checkpoint) => setLength(checkpoint, 1n << 24n),
      'header claims 16777216',
    ],
    ['claims a header of 2^63 bytes', (checkpoint) => setLength(checkpoint, 1n << 63n), 'header claims'],
    [
      'claims a header shorter than it is',
      (checkpoint) => setLength(checkpoint, 64n),
      'header is not the JSON',
    ],
    ['claims no header at all', (checkpoint) => setLength(checkpoint, 0n), 'header is not the JSON'],
    [
      'has text for a header',
      (checkpoint) => checkpoint.editHeader(() => 'weights'),
      'header is not the JSON',
    ],
    ['has null for a header', (checkpoint) => checkpoint.editHeader(() => 'null'), 'header is not the JSON'],
    ['has a list for a header', (checkpoint) => checkpoint.editHeader(() => '[]'), 'header is not the JSON'],
    [
      'has a deep header',
      (checkpoint) => checkpoint.editHeader(() => '['.repeat(1e6)),
      'header is not the JSON',
    ],
    [
      'has a tensor whose bytes do not fit its shape',
      (checkpoint) => checkpoint.editHeader((header) => void entryOf(header, DOWN).shape.push(2)),
      new RegExp(`tensor ${DOWN} of shape .* needs \\d+ bytes, its entry has`),
    ],
    [
      'has a tensor of a size that no number holds',
      (checkpoint) =>
        checkpoint.editHeader(
          (header) => void (entryOf(header, DOWN).shape = [2 ** 53 - 1, 2 ** 53 - 1, 2 ** 53 - 1, 0]),
        ),
      `tensor ${DOWN} of shape`,
    ],
    [
      'has a shape of text',
      (checkpoint) =>
        checkpoint.editHeader((header) => Object.assign(entryOf(header, DOWN), { shape: ['2', '3'] })),
      'header is not the JSON',
    ],
    [
      'has two tensors in one place',
      (checkpoint) =>
        checkpoint.editHeader((header) => {
          const [first, second] = [1, 2].map((layer) =>
            entryOf(header, `language_model.model.layers.${layer}.input_layernorm.weight`),
          ) as [Header[string], Header[string]];
          second.data_offsets = first.data_offsets;
        }),
      'overlaps with the tensor before it; download it again',
    ],
    [
      'has bytes that belong to no tensor',
      async (checkpoint) =>
        writeFile(
          checkpoint.file(FILE),
          Buffer.concat([await readFile(checkpoint.file(FILE)), Buffer.alloc(3)]),
        ),
      'has 3 bytes after its last tensor',
    ],
    [
      'is what a clone without Git LFS has',
      (checkpoint) =>
        writeFile(
          checkpoint.file(FILE),
          'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n',
        ),
      'run "git lfs pull"',
    ],
  ])('that %s is refused by name', async (_, damage, mention) => {
    const checkpoint = await refusals.checkpoint();
    await damage(checkpoint);
    await refusals.expect(checkpoint.directory, CheckpointFileInvalidError, [checkpoint.file(FILE), mention]);
  });
});

describe('a tensor', () => {
  it('that is missing is named, with the folder and a remedy', async () => {
    const checkpoint = await refusals.checkpoint();
    await checkpoint.editTensors((tensors) => tensors.filter(({ name }) => name !== DOWN));
    const mentions = [checkpoint.directory, DOWN, 'from one download'];
    await refusals.expect(checkpoint.directory, TensorMissingError, mentions);
  });

  it.each([
    ['another shape', [64, 384]],
    ['no rows', [0, 192]],
    ['no dimensions', []],
  ])('of %s is named with its file, the shape that is needed and the one it has', async (_, shape) => {
    const checkpoint = await refusals.checkpoint();
    const bytes = new Uint8Array(2 * shape.reduce((product, size) => product * size, 1));
    await checkpoint.editTensors((tensors) =>
      tensors.map((tensor) => (tensor.name === DOWN ? { ...tensor, shape, bytes } : tensor)),
    );
    const shapes = `should have shape [128, 192] by config.json, it has [${shape.join(', ')}]`;
    const mentions = [DOWN, checkpoint.file(FILE), shapes, 'from one download'];
    await refusals.expect(checkpoint.directory, TensorMismatchError, mentions);
  });

  it.each([
    ['no number', 0x7fc0],
    ['infinity', 0x7f80],
    ['minus infinity', 0xff80],
  ])('that holds %s is named with its file and the place, once weights are written', async (_, bits) => {
    const checkpoint = await refusals.checkpoint();
    await checkpoint.editTensors((tensors) => {
      const bytes = Buffer.from(tensors.find(({ name }) => name === DOWN)?.bytes ?? []);
      bytes.writeUInt16LE(bits, 2 * 1000);
      return tensors.map((tensor) => (tensor.name === DOWN ? { ...tensor, bytes } : tensor));
    });
    const mentions = [DOWN, checkpoint.file(FILE), 'not finite at value 1000', 'checksum'];
    for (const precision of ['fp32', 'int8', 'int4', 'fp16'] as const) {
      await refusals.expect(checkpoint.directory, TensorNotFiniteError, mentions, { precision });
    }
  });

  it('of a type that is not read is refused where it is used, and does not matter elsewhere', async () => {
    const checkpoint = await refusals.checkpoint();
    await checkpoint.addTensor('vision_model.embeddings.position_ids', [1, 17], 'I64');
    await checkpoint.addTensor('language_model.model.layers.0.self_attn.rotary_emb.inv_freq', [8], 'F8_E4M3');
    await refusals.expectSuccess(checkpoint.directory);
    await checkpoint.editTensors((tensors) =>
      tensors.map((tensor) =>
        tensor.name === DOWN
          ? { ...tensor, dtype: 'F8_E4M3', bytes: tensor.bytes.subarray(0, tensor.bytes.length / 2) }
          : tensor,
      ),
    );
    const mentions = [DOWN, checkpoint.file(FILE), 'F8_E4M3', 'BF16, F16 and F32'];
    await refusals.expect(checkpoint.directory, TensorTypeError, mentions);
  });

  it('is named without the control characters that it was given', async () => {
    const checkpoint = await refusals.checkpoint();
    await checkpoint.addTensor('\u001b[2Jevil\nname\u202e');
    const error = await refusals.convert(checkpoint.directory);
    expect((error as Error).message).toContain('\\u{1b}[2Jevil\\u{a}name\\u{202e}');
    await refusals.expectNoTrace();
  });
});

describe('a sharded checkpoint', () => {
  it('converts to the very files that its single file gives', async () => {
    const checkpoint = await refusals.checkpoint();
    const single = await refusals.expectSuccess(checkpoint.directory);
    await checkpoint.shard(5);
    const sharded = await refusals.expectSuccess(checkpoint.directory);
    expect(await hashFiles(sharded)).toEqual(await hashFiles(single));
  });

  it('without one of its shards is refused by that shard', async () => {
    const checkpoint = await refusals.checkpoint();
    const [, second] = await checkpoint.shard(3);
    await checkpoint.remove(second as string);
    const mentions = [checkpoint.file(second as string), 'is missing', 'download the checkpoint again'];
    await refusals.expect(checkpoint.directory, CheckpointFileMissingError, mentions);
  });

  it('whose index promises a tensor that its shard lacks is refused by both', async () => {
    const checkpoint = await refusals.checkpoint();
    const [first] = await checkpoint.shard(2);
    const { name: moved } = (await readTensors(checkpoint.file(first as string)))[3] as { name: string };
    await checkpoint.editTensors((tensors) => tensors.filter(({ name }) => name !== moved), first);
    const mentions = [checkpoint.file(first as string), moved, 'download that file again'];
    await refusals.expect(checkpoint.directory, TensorNotInShardError, mentions);
  });

  it('that has a tensor twice is refused, since either may be meant', async () => {
    const checkpoint = await refusals.checkpoint();
    const [first, second] = (await checkpoint.shard(2)) as [string, string];
    const twin = (await readTensors(checkpoint.file(first)))[0];
    await checkpoint.editTensors(
      (tensors) => [...tensors, { ...twin!, bytes: Buffer.from(twin!.bytes) }],
      second,
    );
    const mentions = [twin!.name, checkpoint.file(first), checkpoint.file(second)];
    await refusals.expect(checkpoint.directory, DuplicateTensorError, mentions);
  });

  it.each<[string, (weightMap: Record<string, unknown>) => unknown, string]>([
    ['names a file elsewhere', (map) => (map[NORM] = '../elsewhere.safetensors'), '../elsewhere.safetensors'],
    ['names a file by its full path', (map) => (map[NORM] = '/etc/x.safetensors'), '/etc/x.safetensors'],
    [
      'names a file that is no safetensors',
      (map) => (map[NORM] = 'config.json'),
      'shards are .safetensors files',
    ],
    [
      'names a file with a zero byte',
      (map) => (map[NORM] = 'a\0.safetensors'),
      'shards are .safetensors files',
    ],
    ['names a number', (map) => (map[NORM] = 7), 'has no weight_map'],
    ['is empty', (map) => Object.keys(map).forEach((name) => delete map[name]), 'has no weight_map'],
  ])('whose index %s is refused by the index', async (_, edit, mention) => {
    const checkpoint = await refusals.checkpoint();
    await checkpoint.shard(2);
    await checkpoint.editJson(INDEX, (index) => void edit(index['weight_map'] as Record<string, unknown>));
    await refusals.expect(checkpoint.directory, CheckpointFileInvalidError, [
      checkpoint.file(INDEX),
      mention,
    ]);
  });

  it.each([
    ['{"weight_map":', 'not JSON'],
    ['null', 'no weight_map'],
    ['{"metadata":{}}', 'no weight_map'],
  ])('whose index is %s is refused by the index', async (text, mention) => {
    const checkpoint = await refusals.checkpoint();
    await checkpoint.shard(2);
    await writeFile(checkpoint.file(INDEX), text);
    await refusals.expect(checkpoint.directory, CheckpointFileInvalidError, [
      checkpoint.file(INDEX),
      mention,
    ]);
  });
});
