import { runService } from '@tessera/service-process';
import { startWorker } from './start-worker.js';

runService('worker', startWorker);
