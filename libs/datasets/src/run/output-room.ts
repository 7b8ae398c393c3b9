import { type OutputForm, ROW_FORMS } from '@tessera/contracts';
import type { ObjectStore } from '@tessera/storage';
import type { DatasetOutput } from '../output.js';
import { openOutputIn, openOutputStore } from '../outputs/open-output.js';
import { type OutputOptions } from '../outputs/output-options.js';
import { outputPlace } from '../outputs/output-place.js';
import type { RunStatePlace } from './run-state.js';

/** Where an output is, before anything in it is read or changed. */
export interface OutputRoom {
  readonly uri: string;
  readonly form: OutputForm;
  readonly store: ObjectStore;
  /** Tells outputs apart that share a folder. */
  readonly name: string;
  /** Where a run over it keeps what it must know to go on. */
  readonly state: RunStatePlace;
  /** Its folder on this machine; undefined in S3. */
  readonly localFolder: string | undefined;
  /** Whether it has images beside their captions. */
  readonly needsImages: boolean;
  /** Whether its shards stay files of their own, which may be called as those of the source are. */
  readonly keepsShards: boolean;
}

/** Finds the place of an output, which is made where it is missing. @throws as `openOutput` does */
export async function openOutputRoom(uri: string, options: OutputOptions): Promise<OutputRoom> {
  const store = await openOutputStore(uri, options);
  const place = outputPlace(uri, options.form);
  const extension = place.form === 'sidecar' ? (options.sidecar?.extension ?? '.txt') : '';
  const name = place.kind === 'file' ? place.file : `${place.form}${extension}`;
  const isRowFolder = place.kind === 'folder' && ROW_FORMS.some((form) => form === place.form);
  return {
    uri,
    form: place.form,
    store,
    name,
    state: { store, prefix: `.tessera/runs/${name}/` },
    localFolder: /^s3:/i.test(place.folder) ? undefined : place.folder,
    needsImages: place.form === 'webdataset',
    keepsShards: isRowFolder || place.form === 'webdataset',
  };
}

/** Opens the output in its place. Where it is overwritten, what runs have kept beside it goes, too. */
export async function openOutputOf(
  { store, uri, state }: OutputRoom,
  options: OutputOptions,
): Promise<DatasetOutput> {
  if (options.overwrite === true) await store.deletePrefix(state.prefix);
  return openOutputIn(store, uri, options);
}
