import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { convertModel } from '@tessera/converter';
import { temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXAMPLES, runCli, TINY_MODEL } from './run-cli.js';

interface Example {
  picture: string;
  question: string;
  answer: string;
}

const examples = readFileSync(join(EXAMPLES, 'questions.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Example);
const example = (index: number): Example => examples[index] as Example;
const pictureOf = ({ picture }: Example) => join(EXAMPLES, picture);

let folder: TemporaryDirectory;
let environment: Record<string, string>;

beforeAll(async () => {
  folder = await temporaryDirectory();
  const model = join(folder.path, 'model');
  await convertModel({ source: TINY_MODEL, output: model, id: 'tessera-tiny' });
  environment = { TESSERA_MODEL: model, TESSERA_DATA_DIR: join(folder.path, 'data'), TESSERA_THREADS: '2' };
});
afterAll(() => folder.remove());

const ask = (words: string[], input?: Buffer) =>
  runCli(['ask', ...words], { environment, ...(input === undefined ? {} : { input }) });

async function askJson(words: string[], input?: Buffer): Promise<Record<string, unknown>> {
  const { stdout, stderr, exitCode } = await ask([...words, '--json'], input);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toMatch(/^\{.*\}\n$/);
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe('tessera ask', () => {
  it.each(examples)('gives the answer of the reference: $picture, $question', async (each) => {
    expect(await askJson([pictureOf(each), '-q', each.question])).toMatchObject({ text: each.answer });
  });

  it('prints with --json what a job tells, and the token ids without the stop token', async () => {
    const answer = await askJson([pictureOf(example(0)), '-q', example(0).question]);
    expect(Object.keys(answer)).toEqual([
      'text',
      'token_ids',
      'finish_reason',
      'usage',
      'tiles',
      'timings',
      'model',
    ]);
    const tokenIds = answer['token_ids'] as number[];
    expect(answer['finish_reason']).toBe('stop');
    expect(answer['usage']).toEqual({
      prompt_tokens: 137,
      completion_tokens: tokenIds.length,
      total_tokens: 137 + tokenIds.length,
      prompt_tokens_details: { cached_tokens: 0, image_tokens: 7 * 16 },
    });
    expect(answer['tiles']).toEqual([{ columns: 3, rows: 2, tiles: 7, width: 514, height: 344 }]);
    expect(answer['model']).toMatchObject({ id: 'tessera-tiny' });
    const timings = Object.entries(answer['timings'] as Record<string, number>);
    expect(timings.map(([name]) => name).sort()).toEqual(
      ['queue', 'fetch', 'preprocess', 'vision', 'prefill', 'decode', 'total']
        .map((stage) => `${stage}_ms`)
        .sort(),
    );
    for (const [name, ms] of timings) expect([name, ms >= 0]).toEqual([name, true]);
  });

  it('streams the same text that --json has, and nothing else, to standard output', async () => {
    const { stdout, exitCode } = await ask([pictureOf(example(5)), '-q', example(5).question]);
    expect({ stdout, exitCode }).toEqual({ stdout: `${example(5).answer}\n`, exitCode: 0 });
  });

  it('answers about several images at once, in their order', async () => {
    const [first, second] = [pictureOf(example(0)), pictureOf(example(1))];
    const forth = await askJson([first, second, '-q', 'Describe the image in detail.']);
    const back = await askJson([second, first, '-q', 'Describe the image in detail.']);
    const tiles = (answer: Record<string, unknown>) =>
      (answer['tiles'] as { width: number }[]).map(({ width }) => width);
    expect([tiles(forth), tiles(back)]).toEqual([
      [514, 229],
      [229, 514],
    ]);
    expect(forth['usage']).toMatchObject({ prompt_tokens_details: { image_tokens: (7 + 4) * 16 } });
  });

  it('reads an image from standard input', async () => {
    const bytes = await readFile(pictureOf(example(1)));
    expect(await askJson(['-', '-q', example(1).question], bytes)).toMatchObject({ text: example(1).answer });
  });

  it('keeps to --max-tokens and --max-tiles, and takes --system', async () => {
    const picture = pictureOf(example(0));
    const question = ['-q', example(0).question];
    const short = await askJson([picture, ...question, '--max-tokens', '2', '--max-tiles', '1']);
    expect(short).toMatchObject({ finish_reason: 'length', usage: { completion_tokens: 2 } });
    expect(short['tiles']).toMatchObject([{ tiles: 1 }]);
    const plain = await askJson([picture, ...question]);
    const guided = await askJson([picture, ...question, '--system', '']);
    const tokens = (answer: Record<string, unknown>) =>
      (answer['usage'] as { prompt_tokens: number }).prompt_tokens;
    expect(tokens(guided)).toBeLessThan(tokens(plain));
  });

  it('draws by --seed, the same text each time, and ends before --stop', async () => {
    const words = [pictureOf(example(0)), '-q', 'zq', '--max-tokens', '24'];
    const draw = async (seed: string) =>
      (await askJson([...words, '--temperature', '2', '--top-p', '0.99', '--seed', seed]))['text'];
    const [first, again, other] = [await draw('1'), await draw('1'), await draw('2')];
    expect([first === again, first === other]).toEqual([true, false]);
    const cut = await ask([pictureOf(example(2)), '-q', example(2).question, '--stop', 'star']);
    expect([example(2).answer, cut.stdout]).toEqual(['A black star.', 'A black\n']);
  });

  it('converts a checkpoint on first use, saying so on standard error', async () => {
    const options = { environment: { ...environment, TESSERA_DATA_DIR: join(folder.path, 'fresh') } };
    const words = ['ask', pictureOf(example(6)), '-q', example(6).question, '--model', TINY_MODEL];
    const first = await runCli(words, options);
    const second = await runCli(words, options);
    expect([first.stdout, second.stdout]).toEqual([`${example(6).answer}\n`, `${example(6).answer}\n`]);
    expect(first.stderr).toContain('converting');
    expect(second.stderr).toBe('');
  });
});

describe('tessera ask with an image URL', () => {
  let server: Server;
  let url: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url === '/moved.jpg') return response.writeHead(302, { location: '/0001.jpg' }).end();
      if (request.url === '/slow.jpg') return response.flushHeaders();
      if (request.url !== '/0001.jpg') return response.writeHead(404).end();
      return response.end(readFileSync(pictureOf(example(1))));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it('fetches it, through redirects', async () => {
    expect(await askJson([`${url}/moved.jpg`, '-q', example(1).question])).toMatchObject({
      text: example(1).answer,
    });
  });

  it('says what the server answered, and when it took too long', async () => {
    const options = { environment: { ...environment, TESSERA_FETCH_TIMEOUT_MS: '300' } };
    const gone = await ask([`${url}/gone.jpg`, '-q', 'x']);
    const slow = await runCli(['ask', `${url}/slow.jpg`, '-q', 'x'], options);
    expect([gone.exitCode, gone.stderr]).toEqual([
      1,
      `tessera: ${url}/gone.jpg was answered with status 404\n`,
    ]);
    expect(slow.stderr).toContain('was not answered in full within 300 ms');
  });
});

describe('tessera ask refuses', () => {
  const picture = pictureOf(example(0));

  it.each([
    ['a file that is missing', ['no-such.jpg', '-q', 'x'], 1, 'there is no file no-such.jpg'],
    ['a folder', [EXAMPLES, '-q', 'x'], 1, 'it is not a regular file'],
    ['standard input twice', ['-', '-', '-q', 'x'], 1, 'can be one image of a question, given 2 times'],
    ['an unknown option', [picture, '-q', 'x', '--colour'], 2, "unknown option '--colour'"],
    ['no question', [picture], 2, "'-q, --question <text>' not specified"],
    ['no image', ['-q', 'x'], 2, "missing required argument 'image'"],
    [
      'a number that is none',
      [picture, '-q', 'x', '--max-tokens', '1.5'],
      2,
      "'1.5' is invalid. It must be a whole number from 1 to 131072",
    ],
    [
      'more tiles than there may be',
      [picture, '-q', 'x', '--max-tiles', '41'],
      2,
      "'41' is invalid. It must be a whole number from 1 to 40",
    ],
    [
      'an address that is none',
      [picture, '-q', 'x', '--url', 'localhost'],
      2,
      'It must be an http or https URL',
    ],
    [
      'more tokens than the context holds',
      [picture, '-q', 'x', '--max-tokens', '5000'],
      1,
      'the context holds 4096 tokens',
    ],
    ['a model folder that is none', [picture, '-q', 'x', '--model', EXAMPLES], 1, 'config.json is missing'],
  ])('%s', async (_, words, exitCode, message) => {
    const result = await ask(words);
    expect(result).toMatchObject({ exitCode, stdout: '' });
    expect(result.stderr).toContain(message);
  });

  it('a text file that is named like an image, and a damaged image', async () => {
    const fake = join(folder.path, 'text.jpg');
    const cut = join(folder.path, 'cut.png');
    await writeFile(fake, 'hello');
    await writeFile(cut, (await readFile(picture)).subarray(0, 900));
    for (const path of [fake, cut]) {
      const { exitCode, stdout, stderr } = await ask([path, '-q', 'x']);
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
      expect(stderr).toContain(`tessera: ${path}: the image cannot be read: `);
    }
  });

  it('an image past the limits of bytes and pixels, naming them', async () => {
    const limited = (settings: Record<string, string>) =>
      runCli(['ask', picture, '-q', 'x'], { environment: { ...environment, ...settings } });
    expect((await limited({ TESSERA_MAX_IMAGE_BYTES: '100' })).stderr).toMatch(
      /has \d+ bytes or more; at most 100 are allowed/,
    );
    expect((await limited({ TESSERA_MAX_IMAGE_PIXELS: '1000' })).stderr).toContain(
      '514 x 344 = 176816 pixels; at most 1000 are allowed',
    );
  });
});

describe('tessera ask --help', () => {
  it('explains with examples, without loading the engine', async () => {
    const { stdout, exitCode } = await ask(['--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('tessera ask photo.jpg -q "What is in the picture?"');
  });
});
