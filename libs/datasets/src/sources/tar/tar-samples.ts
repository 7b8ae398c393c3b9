import type { OpenedTar, TarMember } from './tar-members.js';
import { readTarMembers } from './tar-members.js';

/** A member of a sample. */
export interface SamplePart extends TarMember {
  /** Behind the first dot of the file name: `jpg`, `seg.png`. */
  readonly extension: string;
  /** Of JSON and text, unless it has more bytes than are read. */
  readonly text?: string;
}

/** Members in a row that have a key in common. */
export interface TarSample {
  readonly key: string;
  readonly parts: readonly SamplePart[];
}

/** As WebDataset splits names. */
const KEY_AND_EXTENSION = /^((?:.*\/|)[^.]+)[.]([^/]*)$/s;
/** A name like `__meta__` is about the tar, not of a sample. */
const META_NAME = /^__[^/]*__$/;
const HIDDEN_NAME = /(?:^|\/)\.[^/]*$/;
const TEXT_EXTENSION = /(?:^|\.)(?:json|txt)$/i;
export const MAX_TEXT_BYTES = 1024 * 1024;

/**
 * The samples of a tar. Members whose name has no extension belong to none.
 * @throws {SourceFileError} where the tar is damaged or cut off; the sample that it ends in is not given
 */
export async function* readTarSamples(tar: OpenedTar): AsyncGenerator<TarSample> {
  let sample: { key: string; parts: SamplePart[] } | undefined;
  for await (const member of readTarMembers(tar)) {
    const [key, extension] = splitName(member.name);
    if (key === undefined || extension === undefined) continue;
    if (sample !== undefined && sample.key !== key) {
      yield sample;
      sample = undefined;
    }
    sample ??= { key, parts: [] };
    sample.parts.push(await readPart(tar, member, extension));
  }
  if (sample !== undefined) yield sample;
}

function splitName(name: string): [key?: string, extension?: string] {
  const plain = name.replace(/^(?:\.\/)+/, '');
  if (META_NAME.test(plain) || HIDDEN_NAME.test(plain)) return [];
  const [, key, extension] = KEY_AND_EXTENSION.exec(plain) ?? [];
  return key === undefined || extension === undefined ? [] : [key, extension];
}

async function readPart(tar: OpenedTar, member: TarMember, extension: string): Promise<SamplePart> {
  if (!TEXT_EXTENSION.test(extension) || member.lengthBytes > MAX_TEXT_BYTES) return { ...member, extension };
  const bytes = await tar.window.read(member.offsetBytes, member.lengthBytes);
  return { ...member, extension, text: bytes.toString('utf8') };
}
