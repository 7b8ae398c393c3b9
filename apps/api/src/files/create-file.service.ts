import { Inject, Injectable } from '@nestjs/common';
import { MissingParameterError } from '@tessera/chat-completions';
import { type Config } from '@tessera/config';
import { type Caller, type FileRecord } from '@tessera/contracts';
import { FileStore, FirstLineCheck, limitBytes, type StoredContent, watchFirstLine } from '@tessera/files';
import { type FastifyRequest } from 'fastify';
import { callerOf } from '../access/caller.js';
import { CONFIG } from '../tokens.js';
import { checkFieldsSoFar, checkFilename, readFileFields } from './file-fields.js';
import { type IncomingFile, readFileForm } from './read-file-form.js';

/** A file whose bytes are stored, and which is none yet. */
interface TakenFile {
  content: StoredContent;
  filename: string;
  firstLine: FirstLineCheck;
}

/** Takes the file of a form into the store as it arrives. */
@Injectable()
export class CreateFileService {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(FileStore) private readonly files: FileStore,
  ) {}

  /** @throws {TesseraError} nothing is kept then */
  async create(httpRequest: FastifyRequest): Promise<FileRecord> {
    const stored: StoredContent[] = [];
    const caller = callerOf(httpRequest);
    const rules = { fileField: 'file', maxFileBytes: this.config.files.maxBytes };
    try {
      const { taken, fields } = await readFileForm(httpRequest, rules, async (file, fieldsSoFar) => {
        const takenFile = await this.take(file, fieldsSoFar, caller);
        stored.push(takenFile.content);
        return takenFile;
      });
      return await this.keep(taken, fields, caller.ownerId);
    } catch (error) {
      for (const content of stored) await this.files.discard(content);
      throw error;
    }
  }

  private async take(
    { filename, source }: IncomingFile,
    fieldsSoFar: Record<string, unknown>,
    { ownerId, limits }: Caller,
  ): Promise<TakenFile> {
    const { purpose } = checkFieldsSoFar(fieldsSoFar);
    if (purpose !== undefined) checkFilename(filename, purpose);
    const firstLine = new FirstLineCheck();
    const bytes = limitBytes(source, this.config.files.maxBytes, 'file');
    const watched = watchFirstLine(bytes, firstLine, { isBinding: purpose === 'batch' });
    const { storedBytes } = limits;
    const allowance = { ownerId, ...(storedBytes === undefined ? {} : { limitBytes: storedBytes }) };
    return { content: await this.files.storeContent(watched, { allowance }), filename, firstLine };
  }

  private async keep(
    taken: TakenFile | undefined,
    fields: Record<string, unknown>,
    ownerId: string,
  ): Promise<FileRecord> {
    const { purpose, seconds } = readFileFields(fields);
    if (taken === undefined) throw new MissingParameterError('file is required', { param: 'file' });
    const { content, filename, firstLine } = taken;
    checkFilename(filename, purpose);
    if (purpose === 'batch') firstLine.refuse();
    const expiry = seconds === undefined ? {} : { expiresAtSeconds: Math.floor(Date.now() / 1000) + seconds };
    return this.files.keep(content, { ownerId, purpose, filename, ...expiry });
  }
}
