import { Inject, Injectable } from '@nestjs/common';
import { resolveImageFile } from '@tessera/files';
import { type ObjectStore } from '@tessera/storage';
import { FileImageNotFoundError } from '../errors/job.errors.js';
import { OBJECT_STORE } from '../tokens.js';

/** Finds files of `POST /v1/files` that a request names as images. */
@Injectable()
export class UploadedFilesService {
  constructor(@Inject(OBJECT_STORE) private readonly objectStore: ObjectStore) {}

  /**
   * Where the file's bytes are.
   * @throws {FileImageNotFoundError} for one that is unknown, another owner's, deleted or past its time
   */
  async find(fileId: string, ownerId: string, param: string): Promise<{ key: string; bytes: number }> {
    const content = await resolveImageFile(this.objectStore, fileId, ownerId);
    if (content === undefined) throw new FileImageNotFoundError(fileId, param);
    return content;
  }
}
