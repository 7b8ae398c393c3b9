import { type Piece, type SentencePieceModel } from './read-model.js';

/** The space symbol that SentencePiece writes for U+0020. */
export const SPACE_SYMBOL = '\u2581';

const BYTE_PIECE = /^<0x([0-9A-F]{2})>$/;

/** Looks up the pieces of a SentencePiece model by id and by spelling. */
export class Vocabulary {
  /** Pieces that text can be cut into: all but control, unknown and byte pieces. */
  readonly textPieceIds: ReadonlyMap<string, number>;
  /** Id of the piece for pieces that are not in the vocabulary. */
  readonly unknownId: number;
  /** Ids of `<0x00>` to `<0xFF>`, indexed by byte; empty without byte fallback. */
  readonly byteIds: readonly number[];
  readonly #pieces: readonly Piece[];
  readonly #reservedIds: ReadonlyMap<string, number>;

  /** @throws RangeError when the model has no unknown piece, or byte fallback without all 256 byte pieces. */
  constructor(model: SentencePieceModel) {
    const textPieceIds = new Map<string, number>();
    const reservedIds = new Map<string, number>();
    for (const [id, piece] of model.pieces.entries()) {
      const isText = piece.type === 'normal' || piece.type === 'user_defined' || piece.type === 'unused';
      (isText ? textPieceIds : reservedIds).set(piece.text, id);
    }
    const unknownId = model.pieces.findIndex((piece) => piece.type === 'unknown');
    if (unknownId < 0) throw new RangeError('it has no unknown piece');
    this.#pieces = model.pieces;
    this.#reservedIds = reservedIds;
    this.textPieceIds = textPieceIds;
    this.unknownId = unknownId;
    this.byteIds = model.byteFallback ? byteIdsOf(reservedIds) : [];
  }

  get size(): number {
    return this.#pieces.length;
  }

  piece(id: number): Piece | undefined {
    return this.#pieces[id];
  }

  /** Id of a piece by its exact spelling. */
  find(text: string): number | undefined {
    return this.#reservedIds.get(text) ?? this.textPieceIds.get(text);
  }

  /** Id of a control piece by its exact spelling. */
  controlId(text: string): number | undefined {
    const id = this.find(text);
    return id !== undefined && this.piece(id)?.type === 'control' ? id : undefined;
  }

  /** Ids of the pieces that text is always cut at, whatever stands around them. */
  userDefined(): number[] {
    return this.#pieces.flatMap((piece, id) => (piece.type === 'user_defined' ? [id] : []));
  }
}

/** The byte that a piece such as `<0x0A>` stands for. */
export function byteOfPiece(piece: Piece): number | undefined {
  const digits = piece.type === 'byte' ? BYTE_PIECE.exec(piece.text)?.[1] : undefined;
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
}

function byteIdsOf(reservedIds: ReadonlyMap<string, number>): number[] {
  return Array.from({ length: 256 }, (_, byte) => {
    const text = `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
    const id = reservedIds.get(text);
    if (id === undefined) throw new RangeError(`it has byte fallback but no piece ${text}`);
    return id;
  });
}
