import { type AnyTensor, ELEMENT_TYPES, elementCount } from '@tessera/ort';
import { LRUCache } from 'lru-cache';
import { type ActivationType } from './activation-type.js';

/**
 * Features of images that were encoded before, by what decides them (the picture and how it is tiled), within a memory
 * budget. Of requests that show the same picture at the same time one encodes it, and the others wait for that.
 */
export class FeatureCache {
  private readonly entries: LRUCache<string, AnyTensor<ActivationType>> | undefined;
  /** By content: settles when the request that encodes it has done so, or has ended. */
  private readonly underway = new Map<string, Promise<void>>();

  /** @param budgetBytes 0: nothing is kept. */
  constructor(private readonly budgetBytes: number) {
    if (budgetBytes === 0) return;
    this.entries = new LRUCache({
      maxSize: budgetBytes,
      sizeCalculation: (features) => tensorBytes(features),
      dispose: (features) => features.dispose(),
    });
  }

  /** A view of the features of a picture; the caller disposes it. */
  get(content: string): AnyTensor<ActivationType> | undefined {
    const features = this.entries?.get(content);
    return features?.rows(0, features.dims[0] ?? 0);
  }

  /** Keeps features that are larger than the whole budget not at all. The tensor stays the caller's. */
  keep(content: string, features: AnyTensor<ActivationType>): void {
    if (tensorBytes(features) > this.budgetBytes) return;
    this.entries?.set(content, features.rows(0, features.dims[0] ?? 0));
  }

  /**
   * Resolves when none of these pictures is being encoded by another request. Those that are not known by then count as
   * being encoded by this one, until the function that it resolves to is called; calling it again does nothing.
   */
  async claim(contents: readonly string[]): Promise<() => void> {
    if (this.entries === undefined) return () => {};
    for (let others = this.underwayOf(contents); others.length > 0; others = this.underwayOf(contents)) {
      await Promise.all(others);
    }
    const own = contents.filter((content) => this.entries?.has(content) === false);
    let release: () => void = () => {};
    const encoded = new Promise<void>((resolve) => {
      release = resolve;
    });
    for (const content of own) this.underway.set(content, encoded);
    return () => {
      for (const content of own) if (this.underway.get(content) === encoded) this.underway.delete(content);
      release();
    };
  }

  dispose(): void {
    this.entries?.clear();
  }

  private underwayOf(contents: readonly string[]): Promise<void>[] {
    return contents.flatMap((content) => this.underway.get(content) ?? []);
  }
}

function tensorBytes({ elementType, dims }: AnyTensor): number {
  return elementCount(dims) * ELEMENT_TYPES[elementType].bytes;
}
