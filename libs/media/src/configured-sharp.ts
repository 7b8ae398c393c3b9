import sharp from 'sharp';

/** libvips' names of the formats that are read. SVG and PDF are programs rather than pictures and stay out. */
const LOADERS = ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Tiff', 'Heif'].map((format) => `VipsForeignLoad${format}`);

// These settings hold for the whole process: whatever else the bytes are, no other parser ever sees them.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: LOADERS });
// Every picture is another one, so a cache would only hold memory.
sharp.cache(false);
// Several images are decoded at a time, beside the inference: one thread each.
sharp.concurrency(1);

export { sharp };
