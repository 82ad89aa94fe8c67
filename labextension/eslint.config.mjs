import js from '@eslint/js';
import jupyter from '@jupyter/eslint-plugin';
import prettier from 'eslint-config-prettier';
import hooks from 'eslint-plugin-react-hooks';
import globals from 'globals';
import typescript from 'typescript-eslint';

/** What a folder may import of the others; see docs/developers/front-end.md. */
function layer(folder, allowed) {
  const group = ['../*', '../*/*', ...allowed.flatMap(name => [`!../${name}`, `!../${name}/*`])];
  const message = `src/${folder} is below that.`;
  return {
    files: [`src/${folder}/*.{ts,tsx}`],
    rules: { 'no-restricted-imports': ['error', { patterns: [{ group, message }] }] }
  };
}

/** Views are at the top: nothing but the list of plugins knows them. */
function notAbove(folder) {
  const group = ['page', 'sidebar'].flatMap(name => [`../${name}`, `../${name}/*`]);
  const message = 'Views are at the top: move what both need down.';
  return {
    files: [`src/${folder}/*.{ts,tsx}`],
    rules: { 'no-restricted-imports': ['error', { patterns: [{ group, message }] }] }
  };
}

export default typescript.config(
  { ignores: ['lib', 'node_modules', 'coverage', 'src/api/schema.ts', '**/*.d.ts'] },
  js.configs.recommended,
  ...typescript.configs.strict,
  {
    files: ['*.js', 'style/*.js'],
    languageOptions: { globals: { ...globals.node, ...globals.browser }, sourceType: 'commonjs' },
    rules: { '@typescript-eslint/no-require-imports': 'off' }
  },
  { files: ['style/*.js'], languageOptions: { sourceType: 'module' } },
  {
    files: ['src/**/*.{ts,tsx}'],
    plugins: { jupyter, 'react-hooks': hooks },
    languageOptions: {
      parserOptions: { project: 'tsconfig.test.json', tsconfigRootDir: import.meta.dirname }
    },
    rules: {
      ...hooks.configs.recommended.rules,
      '@typescript-eslint/naming-convention': [
        'error',
        { selector: 'interface', format: ['PascalCase'], custom: { regex: '^I[A-Z]', match: true } }
      ],
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/no-namespace': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { args: 'none' }],
      curly: ['error', 'all'],
      eqeqeq: 'error',
      'prefer-arrow-callback': ['error', { allowNamedFunctions: true }]
    }
  },
  layer('api', []),
  layer('data', ['api', 'context', 'settings', 'tokens']),
  layer('components', ['api', 'context', 'data', 'format', 'icons']),
  ...['commands', 'dialogs', 'integration', 'lock', 'uploads'].map(notAbove),
  prettier
);
