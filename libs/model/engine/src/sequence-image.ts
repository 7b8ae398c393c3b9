import { type AnyTensor, type Tensor } from '@tessera/ort';
import { type ActivationType } from './activation-type.js';

/** One image of a sequence: tiles that become features, or features that were there already. */
export class SequenceImage {
  doneTiles: number;
  private tiles: Tensor<'uint8'> | undefined;
  private features: AnyTensor<ActivationType> | undefined;

  private constructor(
    readonly tileCount: number,
    parts: { tiles: Tensor<'uint8'> | undefined; features: AnyTensor<ActivationType>; doneTiles: number },
  ) {
    this.tiles = parts.tiles;
    this.features = parts.features;
    this.doneTiles = parts.doneTiles;
  }

  /**
   * An image that is still to be encoded. Takes over both tensors.
   * @param tiles uint8 [tileCount, 3, size, size]
   * @param features [tileCount * tokensPerTile, hidden], to be filled
   */
  static toEncode(
    tileCount: number,
    tiles: Tensor<'uint8'>,
    features: AnyTensor<ActivationType>,
  ): SequenceImage {
    return new SequenceImage(tileCount, { tiles, features, doneTiles: 0 });
  }

  /** An image whose features are known. Takes the tensor over. */
  static encoded(tileCount: number, features: AnyTensor<ActivationType>): SequenceImage {
    return new SequenceImage(tileCount, { tiles: undefined, features, doneTiles: tileCount });
  }

  get isEncoded(): boolean {
    return this.doneTiles >= this.tileCount;
  }

  /** Tiles still to be encoded, held until {@link releaseTiles}. */
  get heldTiles(): Tensor<'uint8'> | undefined {
    return this.tiles;
  }

  /** Image features, held until {@link releaseFeatures}; their memory is large. */
  get heldFeatures(): AnyTensor<ActivationType> | undefined {
    return this.features;
  }

  releaseTiles(): void {
    this.tiles?.dispose();
    this.tiles = undefined;
  }

  releaseFeatures(): void {
    this.features?.dispose();
    this.features = undefined;
  }
}
