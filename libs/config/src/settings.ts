import { accessSettings } from './settings/access.js';
import { dispatcherSettings } from './settings/dispatcher.js';
import { fileSettings } from './settings/files.js';
import { httpSettings } from './settings/http.js';
import { hubSettings } from './settings/hub.js';
import { imageSettings } from './settings/images.js';
import { jobSettings } from './settings/jobs.js';
import { limitSettings } from './settings/limits.js';
import { objectStoreSettings } from './settings/object-store.js';
import { placeSettings } from './settings/places.js';
import { webhookSettings } from './settings/webhooks.js';
import { workerSettings } from './settings/worker.js';
import { type SettingMetadata } from './setting.js';

/** Every environment variable that Tessera reads, with the schema of its value. */
export const settingDefinitions = {
  ...httpSettings,
  ...accessSettings,
  ...placeSettings,
  ...objectStoreSettings,
  ...imageSettings,
  ...jobSettings,
  ...fileSettings,
  ...limitSettings,
  ...workerSettings,
  ...dispatcherSettings,
  ...webhookSettings,
  ...hubSettings,
};

/** Every setting as data, for `docs/` and `--help`. */
export const SETTINGS: readonly SettingMetadata[] = Object.entries(settingDefinitions).map(
  ([name, { schema: _schema, ...documentation }]) => ({ name, ...documentation }),
);
