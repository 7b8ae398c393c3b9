import { type AnyTensor, type ElementType } from '@tessera/ort';

/** Two tensors of the same element type and row length, on the same device or in process memory. */
export interface RowPair {
  readonly from: AnyTensor;
  readonly to: AnyTensor;
}

/** Rows of the outermost dimension. */
export interface RowRange {
  readonly first: number;
  readonly count: number;
  /** Where the first of them goes. */
  readonly target: number;
}

/** Where the engine keeps what stays between runs: the KV cache, image features, logits. */
export interface TensorMemory {
  /** Whether a tensor over rows of another may begin at any row; otherwise at row 0 only. */
  readonly viewsAnyRow: boolean;
  /** A tensor whose content is undefined until it is written. */
  allocate<T extends ElementType>(elementType: T, dims: readonly number[]): Promise<AnyTensor<T>>;
  /** Copies the same rows of every pair; `from` may also be in process memory, and `from` and `to` may be one tensor. */
  moveRows(pairs: readonly RowPair[], rows: RowRange): Promise<void>;
  dispose(): void;
}
