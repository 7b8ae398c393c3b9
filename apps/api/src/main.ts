import { runService } from '@tessera/service-process';
import { startApi } from './start-api.js';

runService('api', startApi);
