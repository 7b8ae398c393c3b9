// A process of its own: a driver that crashes or hangs takes only this one with it. Its argument is a device.
import { loadConfig } from '@tessera/config';
import { DEVICE_IDS, OrtRuntime, probeDevice } from '@tessera/ort';
import { findRuntimeLibrary } from '@tessera/ort-runtime';
import { type ProbeAnswer } from './probe-outcome.js';

const device = DEVICE_IDS.find((id) => id === process.argv[2]);
if (device === undefined) throw new Error(`usage: probe-process ${DEVICE_IDS.join('|')}`);
const library = await findRuntimeLibrary(device, loadConfig().runtime.directory);
const runtime = OrtRuntime.create({ intraOpThreads: 1, spin: false, library });
const answer: ProbeAnswer = {
  runtimeVersion: runtime.version,
  providers: runtime.availableProviders,
  device: await probeDevice(runtime, device),
};
runtime.dispose();
process.stdout.write(JSON.stringify(answer));
