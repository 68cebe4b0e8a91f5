import { defineConfig } from 'vite';

// Bundles the audio worklet into one file, in place of the one that tsc wrote. Not minified, so
// that it stays above the size under which Vite turns assets into data: URLs, which a strict
// content security policy forbids for code.
export default defineConfig({
  build: {
    outDir: 'dist/worklet',
    emptyOutDir: true,
    minify: false,
    sourcemap: true,
    target: 'es2022',
    lib: { entry: 'src/worklet/main.ts', formats: ['es'], fileName: () => 'main.js' },
  },
});
