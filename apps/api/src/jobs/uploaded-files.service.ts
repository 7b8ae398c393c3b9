import { Inject, Injectable } from '@nestjs/common';
import { type ObjectInfo, type ObjectStore } from '@tessera/storage';
import { FileImageNotFoundError } from '../errors/job.errors.js';
import { OBJECT_STORE } from '../tokens.js';

/** Finds files of `POST /v1/files` that a request names as images. */
@Injectable()
export class UploadedFilesService {
  constructor(@Inject(OBJECT_STORE) private readonly objectStore: ObjectStore) {}

  /**
   * Where the file's bytes are. A file is there while its record is: that is written last and deleted first.
   * @throws {FileImageNotFoundError}
   */
  async find(fileId: string, param: string): Promise<ObjectInfo> {
    const record = await this.objectStore.stat(`files/${fileId}/file.json`);
    const content = record && (await this.objectStore.stat(`files/${fileId}/content`));
    if (content === undefined) throw new FileImageNotFoundError(fileId, param);
    return content;
  }
}
