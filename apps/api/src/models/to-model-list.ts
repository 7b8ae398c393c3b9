import { type ServedModel } from '@tessera/contracts';
import { availableModelIds, type AvailableModels } from '../jobs/choose-model.js';

/** A model as `GET /v1/models` shows it: OpenAI's fields, then ours, null while no worker serves it. */
export interface ModelObject {
  id: string;
  object: 'model';
  created: number;
  owned_by: 'tessera';
  served: boolean;
  revision: string | null;
  context_tokens: number | null;
  tokens_per_tile: number | null;
  tile_size_pixels: number | null;
  default_max_tiles: number | null;
  precision: string | null;
  device: string | null;
}

export function toModelObjects(models: AvailableModels): ModelObject[] {
  const servedById = new Map(models.served.map((model) => [model.id, model]));
  return availableModelIds(models).map((id) => toModelObject(id, servedById.get(id)));
}

function toModelObject(id: string, served: ServedModel | undefined): ModelObject {
  return {
    id,
    object: 'model',
    // OpenAI's clients ask for a time; ours is not kept, as a model is a folder and not an event.
    created: 0,
    owned_by: 'tessera',
    served: served !== undefined,
    ...(served === undefined ? UNKNOWN_FACTS : toFacts(served)),
  };
}

function toFacts(served: ServedModel) {
  return {
    revision: served.revision,
    context_tokens: served.contextTokens,
    tokens_per_tile: served.tokensPerTile,
    tile_size_pixels: served.tileSizePixels,
    default_max_tiles: served.defaultMaxTiles,
    precision: served.precision,
    device: served.device,
  };
}

/** Only the workers that serve a model know these. */
const UNKNOWN_FACTS = {
  revision: null,
  context_tokens: null,
  tokens_per_tile: null,
  tile_size_pixels: null,
  default_max_tiles: null,
  precision: null,
  device: null,
};
