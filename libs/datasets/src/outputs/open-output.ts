import { type OutputForm, type RowForm, TABLE_FORMS } from '@tessera/contracts';
import { type ObjectStore, openNamedStore } from '@tessera/storage';
import type { DatasetOutput } from '../output.js';
import { CarriedColumnsUnknownError } from './errors.js';
import { csvText } from './formats/csv-text.js';
import { jsonlText } from './formats/jsonl-text.js';
import { parquetFormat } from './formats/parquet-format.js';
import type { JoinableFormat } from './formats/row-format.js';
import { tarFormat } from './formats/tar-format.js';
import { textFormat } from './formats/text-format.js';
import { ImageFolderOutput } from './image-folder-output.js';
import { type OutputOptions } from './output-options.js';
import { outputPlace, storePlace } from './output-place.js';
import type { RowShape } from './rows/row-columns.js';
import type { TableShape } from './rows/table-columns.js';
import { ShardFolder } from './shards/shard-folder.js';
import { ShardFolderOutput } from './shard-folder-output.js';
import { SidecarOutput } from './sidecars/sidecar-output.js';
import { SingleFileOutput } from './single-file-output.js';
import { TEMPORARY_FOLDER } from './state-prefix.js';

const AWS = { pathStyle: false };

/**
 * Opens an output: a file (`captions.jsonl`, `.csv`, both also `.gz`, `.parquet`), or a folder of shards in the form that
 * the options say; on this machine or `s3://bucket/prefix`. What is there of an earlier run is found and gone on with.
 * @throws {OutputFormUnknownError} when the name does not say which form it has, or another than the options
 * @throws {CarriedColumnsUnknownError}
 * @throws {OutputForeignError} when something else is there, or with other columns
 * @throws {ObjectStoreUnavailableError}
 */
export async function openOutput(uri: string, options: OutputOptions): Promise<DatasetOutput> {
  return openOutputIn(await openOutputStore(uri, options), uri, options);
}

/** The store of the folder that `uri` names or whose file it names: the first half of {@link openOutput}. */
export async function openOutputStore(uri: string, options: OutputOptions): Promise<ObjectStore> {
  const place = outputPlace(uri, options.form);
  checkShape(uri, place.form, shapeOf(options));
  const service = options.s3Service ?? AWS;
  return openNamedStore(storePlace(place.folder, service), { temporaryFolder: TEMPORARY_FOLDER });
}

/** {@link openOutput} in the store of the folder that `uri` names or whose file it names, which is open already. */
export async function openOutputIn(
  store: ObjectStore,
  uri: string,
  options: OutputOptions,
): Promise<DatasetOutput> {
  const place = outputPlace(uri, options.form);
  const { overwrite = false, sidecar = {} } = options;
  const shape = shapeOf(options);
  if (place.kind === 'file') {
    const format = joinableFormat(place.form, uri, shape);
    return SingleFileOutput.open({ uri, store, key: place.file }, format, { overwrite });
  }
  switch (place.form) {
    case 'sidecar':
      return SidecarOutput.open({ uri, store }, { shape, sidecar, overwrite });
    case 'imagefolder':
      return ImageFolderOutput.open({ uri, store }, { shape, overwrite });
    default: {
      const format = place.form === 'webdataset' ? tarFormat(shape) : joinableFormat(place.form, uri, shape);
      const folder = new ShardFolder({ uri, store, prefix: '', form: place.form }, format);
      return ShardFolderOutput.open(uri, folder, { overwrite });
    }
  }
}

function shapeOf({ severalPrompts = false, omitVolatile = false, carried }: OutputOptions): RowShape {
  return { severalPrompts, omitVolatile, carried };
}

function joinableFormat(form: RowForm, uri: string, shape: RowShape): JoinableFormat {
  switch (form) {
    case 'jsonl':
    case 'jsonl.gz':
      return textFormat(jsonlText(shape), { gzip: form === 'jsonl.gz' });
    case 'csv':
    case 'csv.gz':
      return textFormat(csvText(tableShape(uri, shape)), { gzip: form === 'csv.gz' });
    case 'parquet':
      return parquetFormat(tableShape(uri, shape));
  }
}

/** Before anything is made in its place. */
function checkShape(uri: string, form: OutputForm, shape: RowShape): void {
  if (TABLE_FORMS.some((table) => table === form)) tableShape(uri, shape);
}

function tableShape(uri: string, { carried, ...rest }: RowShape): TableShape {
  if (carried === 'all') throw new CarriedColumnsUnknownError(uri);
  return { ...rest, carried };
}
