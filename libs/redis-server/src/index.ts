export { checkRedis, type RedisCheck } from './check-redis.js';
export {
  RedisDirectoryInUseError,
  RedisServerMissingError,
  RedisServerStartError,
  RedisUnusableError,
} from './errors.js';
export { findRedisServer, unpackedBinaryDirectory, type RedisServerBinary } from './find-redis-server.js';
export { ensureRedisServer, installRedisServer, type InstallOptions } from './install-redis-server.js';
export { type RedisServerExit } from './launch-server.js';
export {
  startRedisServer,
  type RedisEndpoint,
  type RedisServer,
  type StartOptions,
} from './start-redis-server.js';
