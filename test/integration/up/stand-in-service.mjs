// A process in the place of api, worker or dispatcher: health endpoints, JSON log lines, and the manners that
// STAND_IN names. Runs from the built library, as the real ones do.
import { createServer } from 'node:http';
import process from 'node:process';
import { stopWithParent } from '../../../libs/processes/dist/index.js';

const [, , port, manners] = process.argv;

const log = (level, msg) => console.log(JSON.stringify({ level, time: new Date().toISOString(), msg }));

if (manners === 'breaks') {
  log('fatal', 'no model here');
  process.exit(3);
}
const server = createServer((_request, response) => {
  response.writeHead(manners === 'never-ready' ? 503 : 200).end();
});
const stop = () => {
  log('info', 'stopping');
  if (manners !== 'stubborn') process.exit(0);
};
server.listen(Number(port), '127.0.0.1', () => log('warn', 'listening'));
process.on('SIGTERM', stop);
stopWithParent(stop);
