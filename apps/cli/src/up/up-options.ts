import { type Config } from '@tessera/config';
import { type Terminal } from './terminal.js';

export interface UpOptions {
  readonly config: Config;
  readonly workerCount: number;
  readonly terminal: Terminal;
}
