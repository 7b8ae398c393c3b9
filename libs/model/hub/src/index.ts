export * from './errors.js';
export {
  type HubOptions,
  pullCheckpoint,
  type PulledCheckpoint,
  type PullObserver,
  type PullOptions,
  type PullPlan,
} from './pull-checkpoint.js';
export { parseRepositoryName } from './repository-name.js';
export { readSourceRecord, SOURCE_RECORD_FILE, type SourceRecord } from './source-record.js';
