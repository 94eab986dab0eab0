/** How private names of instances are made: of the address, and without records for those of the instance's id. */
export const PRIVATE_NAMES = {
  HostnameType: "ip-name",
  EnableResourceNameDnsARecord: false,
  EnableResourceNameDnsAAAARecord: false,
} as const;
