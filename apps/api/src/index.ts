export { type ApiService, startApi } from './start-api.js';
