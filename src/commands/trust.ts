/** How to make programs of this computer trust the sandbox's certificates; `ca.pem` is what `bia-infra sandbox ca` prints. */
export const HOW_TO_TRUST = `
It can sign for localhost, .test, .example, example.com, .net and .org, the names that this sandbox's databases and
registries have on AWS, and 127.0.0.1, and for nothing else. A certificate for any other domain has an authority that can
sign for that domain alone: --domain prints it. Everything below works with either, in: bia-infra sandbox ca > ca.pem

For one command or program, without changing anything on this computer:
  curl             curl --cacert ca.pem https://...
  Node.js          NODE_EXTRA_CA_CERTS=ca.pem node ...
  psql             psql "host=<endpoint> hostaddr=<127.19....> sslmode=verify-full sslrootcert=ca.pem ..."

For all programs of yours, until you take it away again:
  macOS            security add-trusted-cert -r trustRoot -p ssl -k ~/Library/Keychains/login.keychain-db ca.pem
       undo        security remove-trusted-cert ca.pem
  Windows          certutil -user -addstore Root ca.pem
       undo        certutil -user -delstore Root "bia-infra sandbox"
  Debian, Ubuntu   sudo cp ca.pem /usr/local/share/ca-certificates/bia-infra-sandbox.crt && sudo update-ca-certificates
       undo        sudo rm /usr/local/share/ca-certificates/bia-infra-sandbox.crt && sudo update-ca-certificates --fresh
  Fedora, RHEL     sudo cp ca.pem /etc/pki/ca-trust/source/anchors/bia-infra-sandbox.pem && sudo update-ca-trust
       undo        sudo rm /etc/pki/ca-trust/source/anchors/bia-infra-sandbox.pem && sudo update-ca-trust

Browsers on Linux have a store of their own (on macOS and Windows they use the one above):
  Chrome, Chromium certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n bia-infra-sandbox -i ca.pem
                   (certutil is in the package libnss3-tools, or nss-tools; where the store is missing:
                   mkdir -p ~/.pki/nssdb && certutil -d sql:$HOME/.pki/nssdb -N --empty-password)
       undo        certutil -d sql:$HOME/.pki/nssdb -D -n bia-infra-sandbox
  Firefox          Settings, Privacy & Security, View Certificates, Authorities, Import: ca.pem, to identify websites
`;
