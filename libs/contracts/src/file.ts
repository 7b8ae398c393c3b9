import { z } from 'zod';

/** What an uploaded file may be for. */
export const UPLOAD_PURPOSES = ['batch', 'vision', 'user_data', 'assistants'] as const;
/** What any file is for; `batch_output` is what a Batch has written, and is never uploaded. */
export const FILE_PURPOSES = [...UPLOAD_PURPOSES, 'batch_output'] as const;
export type UploadPurpose = (typeof UPLOAD_PURPOSES)[number];
export type FilePurpose = (typeof FILE_PURPOSES)[number];

/** A file as the store and Redis keep it. Times are Unix milliseconds. */
export interface FileRecord {
  id: string;
  /** Whose it is: id of an API key, or `ADMIN_OWNER_ID`. */
  ownerId: string;
  bytes: number;
  createdAtMs: number;
  /** Removed after this time; absent: never. */
  expiresAtMs?: number;
  filename: string;
  purpose: FilePurpose;
}

/** The public file object of `/v1/files`. Times are Unix seconds. */
export interface FileObject {
  id: string;
  object: 'file';
  bytes: number;
  created_at: number;
  expires_at: number | null;
  filename: string;
  purpose: FilePurpose;
  status: 'processed';
}

export const UPLOAD_STATUSES = ['pending', 'completed', 'cancelled', 'expired'] as const;
export type UploadStatus = (typeof UPLOAD_STATUSES)[number];

/** A file that comes in parts, as Redis keeps it while it does. Times are Unix milliseconds. */
export interface UploadRecord {
  id: string;
  ownerId: string;
  /** Id of the file that it becomes: known from the start, so that completing again makes the same file. */
  fileId: string;
  filename: string;
  purpose: UploadPurpose;
  /** Bytes that the parts must have together. */
  bytes: number;
  createdAtMs: number;
  /** Parts are taken until then. */
  expiresAtMs: number;
  /** Time that the file is kept. */
  fileSeconds: number;
  status: UploadStatus;
}

/** The public object of `/v1/uploads`. */
export interface UploadObject {
  id: string;
  object: 'upload';
  bytes: number;
  created_at: number;
  expires_at: number;
  filename: string;
  purpose: UploadPurpose;
  status: UploadStatus;
  file: FileObject | null;
}

export interface UploadPartObject {
  id: string;
  object: 'upload.part';
  created_at: number;
  upload_id: string;
}

/** Seconds for which a file may ask to be kept. */
export const MIN_FILE_SECONDS = 3_600;
export const MAX_FILE_SECONDS = 2_592_000;

const NAME_RULE = 'must hold neither slashes nor control characters';

/** The name of a file. It goes into headers and onto terminals, and is never a path. */
export const filenameSchema = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^/\\\p{Cc}\p{Surrogate}]+$/u, NAME_RULE);

/** When a file is removed. */
export const fileExpirySchema = z.strictObject({
  anchor: z.literal('created_at'),
  seconds: z.int().min(MIN_FILE_SECONDS).max(MAX_FILE_SECONDS),
});

/** Body of `POST /v1/uploads`. */
export const createUploadBodySchema = z.strictObject({
  filename: filenameSchema,
  purpose: z.enum(UPLOAD_PURPOSES),
  bytes: z.int().min(1),
  mime_type: z.string().max(255),
  expires_after: fileExpirySchema.optional(),
});
export type CreateUploadBody = z.infer<typeof createUploadBodySchema>;

/** Body of `POST /v1/uploads/{id}/complete`. */
export const completeUploadBodySchema = z.strictObject({
  part_ids: z.array(z.string().max(100)).min(1).max(10_000),
  md5: z
    .string()
    .regex(/^[0-9a-fA-F]{32}$/, 'must be 32 hexadecimal digits')
    .optional(),
});
export type CompleteUploadBody = z.infer<typeof completeUploadBodySchema>;
