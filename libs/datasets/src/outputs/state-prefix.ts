/** Where outputs keep what is not for the user's eyes, below their own folder. */
export const STATE_PREFIX = '.tessera/shards/';
/** Of unfinished files, which lie beside what they become, so that a rename is enough. */
export const TEMPORARY_FOLDER = '.tessera/shards/tmp';
