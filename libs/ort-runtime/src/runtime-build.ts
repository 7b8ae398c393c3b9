/** A file that is taken from a wheel. */
export interface WheelFile {
  /** Its path in the wheel. */
  readonly entry: string;
  /** Its path in the folder of the runtime. */
  readonly target: string;
  readonly bytes: number;
}

/** A wheel, which is a zip file, pinned by everything that tells it from another one. */
export interface PinnedWheel {
  /** Name of the project in a package index. */
  readonly project: string;
  readonly version: string;
  readonly fileName: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly files: readonly WheelFile[];
}

/** A build of ONNX Runtime for one device and one platform. */
export interface RuntimeBuild {
  readonly device: 'cuda';
  /** Version of ONNX Runtime. */
  readonly version: string;
  /** What the device needs of this machine besides, for people. */
  readonly requires: string;
  readonly platform: NodeJS.Platform;
  readonly arch: NodeJS.Architecture;
  /** ONNX Runtime's own library: the target of one of the files. */
  readonly library: string;
  /** Targets of the libraries that are loaded before it, in this order. */
  readonly preload: readonly string[];
  readonly wheels: readonly PinnedWheel[];
}

/** `linux/x64`. */
export function platformOf({ platform, arch }: Pick<RuntimeBuild, 'platform' | 'arch'>): string {
  return `${platform}/${arch}`;
}

/** Bytes that the wheels of a build have, and the files that are taken from them. */
export function sizesOf({ wheels }: RuntimeBuild): { wheelBytes: number; unpackedBytes: number } {
  const sum = (values: readonly { bytes: number }[]) => values.reduce((total, { bytes }) => total + bytes, 0);
  return { wheelBytes: sum(wheels), unpackedBytes: sum(filesOf({ wheels })) };
}

/** All files of a build. */
export function filesOf({ wheels }: Pick<RuntimeBuild, 'wheels'>): WheelFile[] {
  return wheels.flatMap(({ files }) => files);
}
