import { Module } from '@nestjs/common';
import { CreateFileService } from './create-file.service.js';
import { FileContentController } from './file-content.controller.js';
import { FilesController } from './files.controller.js';

@Module({ controllers: [FilesController, FileContentController], providers: [CreateFileService] })
export class FilesModule {}
