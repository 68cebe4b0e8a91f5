import { SluiceError } from '@sluice/sdk';

/** What was thrown, as the one kind of error that the page shows. */
export function asSluiceError(error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new SluiceError('protocol', message, error);
}
