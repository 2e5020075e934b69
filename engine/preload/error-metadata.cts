/** The metadata of an error that is told in a file beside the socket: the file's name. */
export const IN_FILE = "error-file";

/** The metadata of a partial failure: a google.rpc.Status with its details. */
export const PACKED = "grpc-status-details-bin";
