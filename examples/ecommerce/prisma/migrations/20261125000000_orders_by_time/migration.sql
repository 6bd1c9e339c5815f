-- CreateIndex
CREATE INDEX "Order_created_at_idx" ON "Order"("created_at");
