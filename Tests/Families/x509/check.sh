cd /etc/pki/family
openssl verify -CAfile ca.crt -purpose sslserver web.crt
openssl verify -CAfile ca.crt -verify_hostname a.web.example.net web.crt
openssl verify -CAfile ca.crt -verify_ip 192.0.2.7 web.crt
openssl req -in web.csr -noout -verify
text=$(openssl x509 -in web.crt -noout -text)
echo "$text" | grep -q 'Not After : Dec 31 23:59:59 2049 GMT'
echo "$text" | grep -q 'Digital Signature, Key Encipherment'
echo "$text" | grep -q 'TLS Web Server Authentication'
echo "$text" | grep -q 'DNS:web.example.net, DNS:\*.web.example.net, IP Address:192.0.2.7'
echo "$text" | grep -q 'ASN1 OID: secp384r1'
openssl x509 -in ca.crt -noout -text | grep -q 'CA:TRUE'
test "$(grep -c BEGIN web.crt)" = 2
for key in ca web sealed; do test "$(stat -c %a $key.key)" = 400; done
openssl pkey -in ca.key -noout -check
openssl pkey -in web.key -noout -check
! openssl pkey -in sealed.key -noout -passin pass:wrong
test "$(openssl pkey -in sealed.key -passin 'pass:only for this test' -pubout)" = "$(openssl x509 -inform der -in sealed.crt -noout -pubkey)"
