import { BinaryReader, type WireType } from '@bufbuild/protobuf/wire';

export type PieceType = 'normal' | 'unknown' | 'control' | 'user_defined' | 'unused' | 'byte';

export interface Piece {
  readonly text: string;
  readonly score: number;
  readonly type: PieceType;
}

/** What is done to a text before it is cut into pieces. */
export interface NormalizerSpec {
  readonly addDummyPrefix: boolean;
  readonly removeExtraWhitespaces: boolean;
  readonly escapeWhitespaces: boolean;
  readonly hasCharacterMap: boolean;
}

/** The fields of a `tokenizer.model` that encoding and decoding need. */
export interface SentencePieceModel {
  /** Index = token id. */
  readonly pieces: readonly Piece[];
  readonly algorithm: 'unigram' | 'bpe' | 'word' | 'char';
  readonly byteFallback: boolean;
  readonly treatWhitespaceAsSuffix: boolean;
  /** What an unknown token decodes to. */
  readonly unknownSurface: string;
  /** Spelling of the control pieces that stand for the beginning and the end of a text. */
  readonly beginningPiece: string;
  readonly endPiece: string;
  readonly normalizer: NormalizerSpec;
  /** Whether decoded text goes through a character map of its own. */
  readonly hasDenormalizer: boolean;
}

type Scalars = Mutable<Omit<SentencePieceModel, 'pieces' | 'normalizer'>>;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
type FieldReaders = Partial<Record<number, (reader: BinaryReader) => void>>;

const PIECE_TYPES: Partial<Record<number, PieceType>> = {
  1: 'normal',
  2: 'unknown',
  3: 'control',
  4: 'user_defined',
  5: 'unused',
  6: 'byte',
};
const ALGORITHMS: Partial<Record<number, SentencePieceModel['algorithm']>> = {
  1: 'unigram',
  2: 'bpe',
  3: 'word',
  4: 'char',
};

/**
 * Reads a `tokenizer.model` (message `ModelProto` of sentencepiece's `sentencepiece_model.proto`; field numbers and
 * defaults are from there). Fields that are not needed are skipped.
 * @throws RangeError, or Error from the protobuf reader, when the bytes are no such message.
 */
export function readSentencePieceModel(bytes: Uint8Array): SentencePieceModel {
  const pieces: Piece[] = [];
  const scalars: Scalars = {
    algorithm: 'unigram',
    byteFallback: false,
    treatWhitespaceAsSuffix: false,
    unknownSurface: ' ⁇ ',
    beginningPiece: '<s>',
    endPiece: '</s>',
    hasDenormalizer: false,
  };
  const normalizer = defaultNormalizer();
  const denormalizer = defaultNormalizer();
  readFields(new BinaryReader(bytes), {
    1: (reader) => pieces.push(readPiece(reader.bytes())),
    2: (reader) => readFields(new BinaryReader(reader.bytes()), trainerFields(scalars)),
    3: (reader) => readFields(new BinaryReader(reader.bytes()), normalizerFields(normalizer)),
    5: (reader) => readFields(new BinaryReader(reader.bytes()), normalizerFields(denormalizer)),
  });
  if (pieces.length === 0) throw new RangeError('it holds no pieces');
  return { ...scalars, hasDenormalizer: denormalizer.hasCharacterMap, pieces, normalizer };
}

function readFields(reader: BinaryReader, fields: FieldReaders): void {
  while (reader.pos < reader.len) {
    const [fieldNumber, wireType]: [number, WireType] = reader.tag();
    const read = fields[fieldNumber];
    if (read === undefined) reader.skip(wireType, fieldNumber);
    else read(reader);
  }
}

function defaultNormalizer(): Mutable<NormalizerSpec> {
  return {
    addDummyPrefix: true,
    removeExtraWhitespaces: true,
    escapeWhitespaces: true,
    hasCharacterMap: false,
  };
}

function readPiece(bytes: Uint8Array): Piece {
  const piece: Mutable<Piece> = { text: '', score: 0, type: 'normal' };
  readFields(new BinaryReader(bytes), {
    1: (reader) => (piece.text = reader.string()),
    2: (reader) => (piece.score = reader.float()),
    3: (reader) => (piece.type = known(PIECE_TYPES, reader.int32(), 'piece type')),
  });
  return piece;
}

function trainerFields(model: Scalars): FieldReaders {
  return {
    3: (reader) => (model.algorithm = known(ALGORITHMS, reader.int32(), 'model type')),
    24: (reader) => (model.treatWhitespaceAsSuffix = reader.bool()),
    35: (reader) => (model.byteFallback = reader.bool()),
    44: (reader) => (model.unknownSurface = reader.string()),
    46: (reader) => (model.beginningPiece = reader.string()),
    47: (reader) => (model.endPiece = reader.string()),
  };
}

function normalizerFields(normalizer: Mutable<NormalizerSpec>): FieldReaders {
  return {
    2: (reader) => (normalizer.hasCharacterMap = reader.bytes().length > 0),
    3: (reader) => (normalizer.addDummyPrefix = reader.bool()),
    4: (reader) => (normalizer.removeExtraWhitespaces = reader.bool()),
    5: (reader) => (normalizer.escapeWhitespaces = reader.bool()),
  };
}

function known<T>(table: Partial<Record<number, T>>, value: number, what: string): T {
  const entry = table[value];
  if (entry === undefined)
    throw new RangeError(`${what} ${value} is not one of ${Object.keys(table).join(', ')}`);
  return entry;
}
