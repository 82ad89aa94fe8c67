/** In which ways the difference of a file can be shown. */

export type Mode = 'table' | 'image' | 'cells' | 'json' | 'text' | 'bytes';

const MB = 1_000_000;

/** Above these sizes a difference is not worked out in the browser. */
export const LIMITS: Record<Mode, number> = {
  table: 50 * MB,
  image: 30 * MB,
  cells: 5 * MB,
  json: 5 * MB,
  text: 5 * MB,
  bytes: Infinity
};

const MODES: readonly [suffixes: string, modes: readonly Mode[]][] = [
  ['png jpg jpeg gif webp bmp avif ico', ['image']],
  ['svg', ['image', 'text']],
  ['csv tsv tab', ['table', 'text']],
  ['json geojson', ['json', 'text']],
  ['ipynb', ['cells', 'json', 'text']],
  // What is known not to be text need not be fetched to find out.
  [
    'zip gz tgz bz2 xz zst 7z tar parquet feather arrow orc npy npz h5 hdf5 pkl pickle pt pth onnx safetensors ' +
      'bin exe so dll pdf wav mp3 flac ogg m4a mp4 mov avi mkv webm tif tiff dcm nii heic psd sqlite db woff woff2 ttf',
    ['bytes']
  ]
];

export function suffixOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(dot + 1).toLowerCase();
}

/** The ways that fit a file, the best one first. */
export function modesOf(path: string): readonly Mode[] {
  const suffix = suffixOf(path);
  const found = MODES.find(([suffixes]) => suffixes.split(' ').includes(suffix));
  return found ? found[1] : ['text'];
}
