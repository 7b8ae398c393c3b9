import { runService } from '@tessera/service-process';
import { startDispatcher } from './start-dispatcher.js';

runService('dispatcher', startDispatcher);
