/** The flags of up, preview, refresh and destroy. */
export interface OperationFlags {
  stack?: string;
  yes?: boolean;
  json?: boolean;
  diff?: boolean;
  expectChanges: boolean;
  parallel?: number;
  refresh?: boolean;
  skipPreview?: boolean;
  /** Of refresh and destroy: show what would be done, and no more. */
  previewOnly?: boolean;
  showSecrets?: boolean;
  target?: string[];
  targetDependents?: boolean;
  exclude?: string[];
  excludeDependents?: boolean;
  replace?: string[];
  targetReplace?: string[];
  message?: string;
}
