#pragma once

namespace lookup_test {

/// The people of example.com as inetLocalMailRecipient and nisMailAlias, below dc=example,dc=com. slapd takes it, too.
inline constexpr const char* company = R"(dn: ou=People,dc=example,dc=com
objectClass: organizationalUnit
ou: People

dn: uid=mvegas,ou=People,dc=example,dc=com
objectClass: inetOrgPerson
objectClass: inetLocalMailRecipient
objectClass: posixAccount
sn: Vegas
cn: Virtual Mister
mailLocalAddress: mvegas@example.com
mailLocalAddress: vegas@example.com
uid: mvegas
userPassword: {SSHA}JVrhyTqab1YvH3vR2b1RYUumqqZzYWx0
uidNumber: 1006
gidNumber: 1007
homeDirectory: /home/vmail/virtual.example.com/mvegas/

dn: uid=away,ou=People,dc=example,dc=com
objectClass: inetOrgPerson
objectClass: inetLocalMailRecipient
sn: Away
cn: Away
uid: away
userPassword: secret
mailLocalAddress: away@example.com
mailRoutingAddress: away@elsewhere.example

dn: uid=inner,ou=People,dc=example,dc=com
objectClass: inetOrgPerson
objectClass: inetLocalMailRecipient
sn: Inner
cn: Inner
uid: inner
mailLocalAddress: inner@example.com
mailHost: exchange.example.com

dn: uid=here,ou=People,dc=example,dc=com
objectClass: inetOrgPerson
objectClass: inetLocalMailRecipient
sn: Here
cn: Here
uid: here
mailLocalAddress: here@example.com
mailHost: MX.example.com

dn: uid=both,ou=People,dc=example,dc=com
objectClass: inetOrgPerson
objectClass: inetLocalMailRecipient
sn: Both
cn: Both
uid: both
mailLocalAddress: both@example.com
mailHost: exchange.example.com
mailRoutingAddress: both@inside.example

dn: uid=hostile,ou=People,dc=example,dc=com
objectClass: inetOrgPerson
objectClass: inetLocalMailRecipient
objectClass: posixAccount
sn: Hostile
cn: Hostile
uid: hostile
uidNumber: 1008
gidNumber: 1008
mailLocalAddress: hostile@example.com
homeDirectory: /home/vmail/../../etc

dn: uid=twin1,ou=People,dc=example,dc=com
objectClass: inetOrgPerson
objectClass: inetLocalMailRecipient
sn: Twin
cn: Twin
uid: twin1
mailLocalAddress: twin@example.com

dn: uid=twin2,ou=People,dc=example,dc=com
objectClass: inetOrgPerson
objectClass: inetLocalMailRecipient
sn: Twin
cn: Twin
uid: twin2
mailLocalAddress: twin@example.com

dn: uid=all,ou=People,dc=example,dc=com
objectClass: inetOrgPerson
objectClass: inetLocalMailRecipient
sn: All
cn: All
uid: all
mailLocalAddress: @catch.example
mailRoutingAddress: all@example.com

dn: cn=team,ou=People,dc=example,dc=com
objectClass: nisMailAlias
cn: team
rfc822MailMember: mvegas@example.com
rfc822MailMember: leads
rfc822MailMember: outside@partner.example

dn: cn=leads,ou=People,dc=example,dc=com
objectClass: nisMailAlias
cn: leads
rfc822MailMember: away@example.com
rfc822MailMember: MVegas@example.com
rfc822MailMember: team@example.com

dn: cn=staff,ou=People,dc=example,dc=com
objectClass: groupOfNames
cn: staff
member: uid=mvegas,ou=People,dc=example,dc=com
member: cn=inner staff,ou=People,dc=example,dc=com
member: uid=gone,ou=People,dc=example,dc=com

dn: cn=inner staff,ou=People,dc=example,dc=com
objectClass: groupOfNames
cn: inner staff
member: uid=away,ou=People,dc=example,dc=com
member: cn=staff,ou=People,dc=example,dc=com
)";

}  // namespace lookup_test
