import type { FilePlace, SourceRecord } from '../../source.js';
import { IMAGE_EXTENSIONS } from '../forms.js';
import { type MissingImage, missingImage } from '../missing-image.js';
import { sampleColumns } from './sample-columns.js';
import type { SamplePart, TarSample } from './tar-samples.js';

export interface SampleContext {
  readonly key: string;
  readonly tar: FilePlace;
  /** As rows name it, from the folder of the dataset on. */
  readonly tarName: string;
  /** Extension of the image; absent: the first that is one of images. */
  readonly imageColumn: string | undefined;
}

export function sampleRecord(sample: TarSample, context: SampleContext): SourceRecord {
  const { key, tar, tarName, imageColumn } = context;
  const read = sampleColumns(sample);
  const part = findImage(sample.parts, imageColumn);
  const path = `${tarName}/${part?.name.replace(/^(?:\.\/)+/, '') ?? sample.key}`;
  if (read.kind === 'bad')
    return { key, path, image: missingImage('file_invalid', read.reason), columns: {} };
  if (part === undefined)
    return { key, path, image: withoutImage(sample, imageColumn), columns: read.columns };
  const { offsetBytes, lengthBytes } = part;
  return { key, path, image: { kind: 'part', of: tar, offsetBytes, lengthBytes }, columns: read.columns };
}

function findImage(parts: readonly SamplePart[], wanted: string | undefined): SamplePart | undefined {
  if (wanted !== undefined) return parts.find(({ extension }) => extension === wanted);
  const isImage = (extension: string) => IMAGE_EXTENSIONS.includes(`.${extension.toLowerCase()}`);
  const lastOf = (extension: string) => extension.slice(extension.lastIndexOf('.') + 1);
  return (
    parts.find(({ extension }) => isImage(extension)) ??
    parts.find(({ extension }) => isImage(lastOf(extension)))
  );
}

function withoutImage({ key, parts }: TarSample, wanted: string | undefined): MissingImage {
  const what = wanted === undefined ? 'no image' : `no .${wanted}`;
  const extensions = parts.map(({ extension }) => `.${extension}`).join(', ');
  return missingImage('missing_required_parameter', `the sample ${key} has ${what}; it has ${extensions}`);
}
