import { OUTPUT_FORMS, type OutputForm, ROW_FORMS, type RowForm } from '@tessera/contracts';
import { basename, dirname } from 'node:path';
import type { ObjectStorePlace, S3Service } from '@tessera/storage';
import { OutputFormUnknownError } from './errors.js';

/** What a user named: a folder, or a file in one. */
export type OutputPlace =
  | { readonly kind: 'folder'; readonly form: OutputForm; readonly folder: string }
  | { readonly kind: 'file'; readonly form: RowForm; readonly folder: string; readonly file: string };

const METADATA_FILE = 'metadata.jsonl';
const S3_URL = /^s3:\/\/(?<bucket>[^/]+)(?:\/(?<prefix>.*))?$/s;

/**
 * Decides by the name whether it is a file or a folder, and which form it has.
 * @throws {OutputFormUnknownError}
 */
export function outputPlace(uri: string, form: OutputForm | undefined): OutputPlace {
  const ending = ROW_FORMS.find((candidate) => uri.endsWith(`.${candidate}`));
  if (ending !== undefined) return filePlace(uri, ending, form);
  if (form === undefined) {
    const rule = `a file ends in ${ROW_FORMS.map((name) => `.${name}`).join(', ')}; for a folder, say which form`;
    throw new OutputFormUnknownError(uri, `${rule}: ${OUTPUT_FORMS.join(', ')}`);
  }
  return { kind: 'folder', form, folder: uri };
}

function filePlace(uri: string, ending: RowForm, form: OutputForm | undefined): OutputPlace {
  const [folder, file] = [dirname(uri), basename(uri)];
  // Hugging Face reads no other file as the captions of a folder.
  if (file === METADATA_FILE && (form ?? 'imagefolder') === 'imagefolder') {
    return { kind: 'folder', form: 'imagefolder', folder };
  }
  if (form === undefined || form === ending) return { kind: 'file', form: ending, folder, file };
  throw new OutputFormUnknownError(uri, `its name says ${ending}, and its form is to be ${form}`);
}

/** Where the store of a folder is. @throws {OutputFormUnknownError} */
export function storePlace(folder: string, service: S3Service): ObjectStorePlace {
  if (!/^s3:/i.test(folder)) return { kind: 'folder', directory: folder };
  const { bucket, prefix = '' } = S3_URL.exec(folder)?.groups ?? {};
  if (bucket === undefined) throw new OutputFormUnknownError(folder, 'a place in S3 is s3://bucket/prefix');
  return { kind: 's3', bucket, prefix: prefix.replace(/^\/+|\/+$/g, ''), service };
}
