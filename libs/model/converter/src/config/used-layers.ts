import { type VisionConfig } from './model-config.js';

/** Layers of the vision encoder up to the one whose output is used; later ones are left out. */
export function usedLayerCount({ selectLayer, layerCount }: VisionConfig): number {
  return selectLayer < 0 ? layerCount + 1 + selectLayer : selectLayer;
}
