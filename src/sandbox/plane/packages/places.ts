/** Folder of an image with what the sandbox puts in the place of packages' programs. */
export const FOLDER = "usr/lib/bia-infra-sandbox";
/** A file of this folder says that the image has a command of this name, which the sandbox does not emulate. */
export const NOT_EMULATED = `/${FOLDER}/not-emulated`;
/** Interpreter of programs that only run others; after it, how many of their operands are not the other's. */
export const EXECUTES = "bia-infra-sandbox-exec";
/** An image of Alpine has bash if this file is there. */
export const BASH = `/${FOLDER}/bash`;
/** What Amazon Linux has, and no other system. */
export const AMAZON_LINUX = "/etc/amazon-linux-release";
