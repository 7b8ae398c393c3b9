/** What a worker announces while it serves a model. */
export interface ServedModel {
  id: string;
  revision: string;
  /** Longest prompt plus completion, in tokens. */
  contextTokens: number;
  tokensPerTile: number;
  tileSizePixels: number;
  /** Tiles an image gets when the request does not say, thumbnail excluded. */
  defaultMaxTiles: number;
  /** Sequences that can be decoded at the same time. */
  slotCount?: number;
  precision: string;
  device: string;
}
