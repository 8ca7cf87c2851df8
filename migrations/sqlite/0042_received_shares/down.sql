DROP TABLE received_shares;
