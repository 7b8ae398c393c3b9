/**
 * What a dataset can be: images by themselves; a Hugging Face ImageFolder (`metadata.jsonl`, `.csv` or `.parquet` beside
 * its images); WebDataset tars; and lists, one image a row.
 */
export const SOURCE_FORMS = [
  'images',
  'imagefolder',
  'webdataset',
  'jsonl',
  'csv',
  'tsv',
  'text',
  'parquet',
] as const;
export type SourceForm = (typeof SOURCE_FORMS)[number];

/** Outputs whose rows all have the same columns. */
export const TABLE_FORMS = ['csv', 'csv.gz', 'parquet'] as const;
/** Outputs that can be one file. */
export const ROW_FORMS = ['jsonl', 'jsonl.gz', ...TABLE_FORMS] as const;
/**
 * `sidecar`: text files, named as the images are. `webdataset`: tars of images with their captions. `imagefolder`: the
 * `metadata.jsonl` of a folder of images, as Hugging Face has it.
 */
export const OUTPUT_FORMS = [...ROW_FORMS, 'sidecar', 'webdataset', 'imagefolder'] as const;
export type RowForm = (typeof ROW_FORMS)[number];
export type OutputForm = (typeof OUTPUT_FORMS)[number];
