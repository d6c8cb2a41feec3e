/etc/pki/family:
  file.directory:
    - makedirs: True

/etc/pki/family/ca.key:
  x509.private_key_managed:
    - keysize: 3072

/etc/pki/family/ca.crt:
  x509.certificate_managed:
    - signing_private_key: /etc/pki/family/ca.key
    - CN: Family Root
    - C: DE
    - basicConstraints: critical, CA:true
    - keyUsage: critical, cRLSign, keyCertSign
    - subjectKeyIdentifier: hash
    - authorityKeyIdentifier: keyid:always,issuer
    - days_valid: 3650
    - days_remaining: 0

/etc/pki/family/web.key:
  x509.private_key_managed:
    - algo: ec
    - keysize: 384

/etc/pki/family/web.csr:
  x509.csr_managed:
    - private_key: /etc/pki/family/web.key
    - CN: web.example.net
    - subjectAltName: DNS:web.example.net

/etc/pki/family/web.crt:
  x509.certificate_managed:
    - signing_policy: web
    - csr: /etc/pki/family/web.csr
    - CN: web.example.net
    - subjectAltName:
      - DNS:web.example.net
      - dns: '*.web.example.net'
      - IP:192.0.2.7
    - not_before: 2026-01-01 00:00:00
    - not_after: 2049-12-31 23:59:59
    - append_certs:
      - /etc/pki/family/ca.crt
    - mode: '0644'

/etc/pki/family/sealed.key:
  x509.private_key_managed:
    - algo: ed25519
    - passphrase: only for this test

/etc/pki/family/sealed.crt:
  x509.certificate_managed:
    - signing_private_key: /etc/pki/family/sealed.key
    - signing_private_key_passphrase: only for this test
    - CN: sealed
    - encoding: der
    - days_valid: 365
