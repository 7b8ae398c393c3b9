export { type HealthServer, type Readiness, startHealthServer } from './health-server.js';
export { runService, type Service, type ServiceContext } from './run-service.js';
