import { Header, Pax } from 'tar';
import type { ByteWindow } from '../bytes/byte-window.js';
import { SourceFileError } from '../errors.js';

/** A regular file in a tar. */
export interface TarMember {
  readonly name: string;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** What a tar is read from. */
export interface OpenedTar {
  /** For messages. */
  readonly name: string;
  readonly bytes: number;
  readonly window: ByteWindow;
}

const BLOCK_BYTES = 512;
/** Of headers that extend the next one. */
const MAX_EXTENSION_BYTES = 1024 * 1024;
const FILE_TYPES: readonly string[] = ['File', 'OldFile', 'ContiguousFile'];
const LONG_PATH_TYPES: readonly string[] = ['NextFileHasLongPath', 'OldGnuLongPath'];

type HeaderData = ConstructorParameters<typeof Header>[2];

/** How pax says that the bytes are those of a sparse file: with the holes left out. */
const SPARSE_MARK = ' GNU.sparse.';

/** What headers before that of a member say about it. */
interface Extensions {
  readonly next?: HeaderData | undefined;
  readonly isSparse?: boolean;
  readonly global?: Pax | undefined;
}

/**
 * The files in a tar, in its order. Headers are read, what lies between them is not. GNU's and pax's long names are
 * known; links, folders and sparse files are left out.
 * @throws {SourceFileError} where the tar is damaged or cut off, with the byte
 */
export async function* readTarMembers(tar: OpenedTar): AsyncGenerator<TarMember> {
  let extensions: Extensions = {};
  for (let position = 0; ;) {
    const header = await readHeader(tar, position, extensions);
    if (header.nullBlock) return;
    const lengthBytes = header.size ?? 0;
    const offsetBytes = position + BLOCK_BYTES;
    // The header's own name may be cut off, and have a prefix.
    const name = extensions.next?.path ?? header.path ?? '';
    checkEnd(tar, { name, offsetBytes, lengthBytes });
    const extended = await extend(tar, header, { offsetBytes, extensions });
    const isFile = FILE_TYPES.includes(header.type) && extensions.isSparse !== true;
    if (extended === undefined && isFile) yield { name, offsetBytes, lengthBytes };
    extensions = extended ?? { global: extensions.global };
    position = offsetBytes + Math.ceil(lengthBytes / BLOCK_BYTES) * BLOCK_BYTES;
  }
}

async function readHeader(tar: OpenedTar, position: number, extensions: Extensions): Promise<Header> {
  const block = await tar.window.read(position, BLOCK_BYTES);
  // Every tar ends with blocks of zeros; without them, members may be lost.
  if (block.length < BLOCK_BYTES)
    throw new SourceFileError(tar.name, `the tar is cut off at byte ${tar.bytes}`);
  const header = new Header(block, 0, extensions.next, extensions.global);
  if (header.nullBlock || header.cksumValid) return header;
  throw new SourceFileError(
    tar.name,
    `the tar is damaged at byte ${position}: there is no header with a valid checksum`,
  );
}

function checkEnd(tar: OpenedTar, { name, offsetBytes, lengthBytes }: TarMember): void {
  if (offsetBytes + lengthBytes <= tar.bytes) return;
  throw new SourceFileError(tar.name, `the tar is cut off at byte ${tar.bytes}, within ${name}`);
}

/** Undefined where the header is that of a member itself. */
async function extend(
  tar: OpenedTar,
  header: Header,
  { offsetBytes, extensions }: { offsetBytes: number; extensions: Extensions },
): Promise<Extensions | undefined> {
  const { type, size = 0 } = header;
  const readText = async () => {
    if (size > MAX_EXTENSION_BYTES) {
      throw new SourceFileError(tar.name, `the tar has a header of ${size} bytes at byte ${offsetBytes}`);
    }
    return (await tar.window.read(offsetBytes, size)).toString('utf8');
  };
  if (LONG_PATH_TYPES.includes(type)) {
    const [path = ''] = (await readText()).split('\0');
    return { ...extensions, next: { ...extensions.next, path } };
  }
  if (type === 'NextFileHasLongLinkpath') return extensions;
  if (type === 'GlobalExtendedHeader') {
    return { ...extensions, global: Pax.parse(await readText(), extensions.global, true) };
  }
  if (type === 'ExtendedHeader' || type === 'OldExtendedHeader') {
    const text = await readText();
    const isSparse = extensions.isSparse === true || text.includes(SPARSE_MARK);
    return { ...extensions, isSparse, next: Pax.parse(text, extensions.next) };
  }
  return undefined;
}
