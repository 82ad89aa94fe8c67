const jestJupyterLab = require('@jupyterlab/testutils/lib/jest-config');

// Packages that are published as ES modules only, which Jest has to translate.
const esModules = [
  '@codemirror',
  '@jupyter/',
  '@jupyterlab/',
  '@microsoft/',
  '@msgpack/',
  'exenv-es6',
  'idb',
  'lib0',
  'nanoid',
  'vscode-ws-jsonrpc',
  'y-protocols',
  'y-websocket',
  'yjs'
].join('|');

const baseConfig = jestJupyterLab(__dirname);

module.exports = {
  ...baseConfig,
  automock: false,
  collectCoverage: false,
  reporters: ['default'],
  randomize: true,
  setupFiles: [...baseConfig.setupFiles, '<rootDir>/jest.setup.js'],
  testRegex: 'src/.*/__tests__/.*\\.spec\\.tsx?$|src/__tests__/.*\\.spec\\.tsx?$',
  transformIgnorePatterns: [`/node_modules/(?!${esModules}).+`]
};
